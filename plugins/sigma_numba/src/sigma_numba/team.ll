; The team: threads that share the work of the matrix library and of the kernels, so that neither waits for the other's threads.
;
; Whoever has work takes the lock, sets the fields of the job and posts a turn to the workers. There are two ways. The matrix
; library's jobs wait for each other, so each worker has one of its own, which it answers. A kernel's chunks do not, so they are
; claimed by whoever is free: the caller, from the first on, does all of them where no worker comes, and waits at most for what
; another is in the middle of. Workers begin with the last, so that each end of an array stays in the cache of one core. Fields change only when all jobs are answered, or all chunks complete. Mail is twice the turn, and one more for
; chunks. Each word that somebody waits for has a cache line, 8 words, of its own; 64 threads at most.

@posted = global [512 x i64] zeroinitializer, align 64
@finished = global [512 x i64] zeroinitializer, align 64
@turn = global i64 0, align 64
@lock = global i64 0, align 64
; turn << 32 | chunks << 16 | how many are claimed from the last on << 8 | and from the first on
@claims = global i64 0, align 64
@completed = global i64 0, align 64
@stopping = global i64 0, align 64
@size = global i64 1, align 64
; How many want each thread that calls a kernel to run all of it.
@apart = global i64 0, align 64
@job = global ptr null, align 64
@data = global ptr null
@stride = global i64 0
@argument = global i32 0
@sleep = global ptr null
@yield = global ptr null

declare i64 @llvm.umin.i64(i64, i64)
{{declaration}}

; The life of a worker: it looks again at once, after a while when others have had the core, then sleeps longer and longer, 2 ms at most.
define void @work(i64 %worker) nounwind {
entry:
  %word = shl i64 %worker, 3
  %mail = getelementptr i64, ptr @posted, i64 %word
  %answer = getelementptr i64, ptr @finished, i64 %word
  %first = load atomic i64, ptr %answer acquire, align 8
  br label %look
look:
  %last = phi i64 [ %first, %entry ], [ %last, %spin ], [ %last, %cede ], [ %last, %doze ], [ %now, %chunks ], [ %now, %job ]
  %idle = phi i64 [ 0, %entry ], [ %more, %spin ], [ %more, %cede ], [ %more, %doze ], [ 0, %chunks ], [ 0, %job ]
  %now = load atomic i64, ptr %mail acquire, align 8
  %same = icmp eq i64 %now, %last
  br i1 %same, label %rest, label %work
rest:
  %more = add i64 %idle, 1
  %ends = load atomic i64, ptr @stopping monotonic, align 8
  %ended = icmp ne i64 %ends, 0
  br i1 %ended, label %leave, label %choose
choose:
  %brief = icmp ult i64 %idle, {{spins}}
  br i1 %brief, label %spin, label %tire
tire:
  %awake = icmp ult i64 %idle, {{cedes}}
  br i1 %awake, label %cede, label %doze
spin:
  {{pause}}
  br label %look
cede:
  %give.up = load ptr, ptr @yield
  call void %give.up()
  br label %look
doze:
  %rests = sub i64 %more, {{cedes}}
  %long = mul i64 %rests, 50
  %capped = call i64 @llvm.umin.i64(i64 %long, i64 2000)
  %microseconds = trunc i64 %capped to i32
  %nap = load ptr, ptr @sleep
  call void %nap(i32 %microseconds)
  br label %look
work:
  %kind = and i64 %now, 1
  %chunked = icmp eq i64 %kind, 1
  br i1 %chunked, label %chunks, label %job
chunks:
  %its.turn = lshr i64 %now, 1
  call void @claim(i64 %its.turn, i1 true)
  br label %look
job:
  %function = load ptr, ptr @job
  %base = load ptr, ptr @data
  %step = load i64, ptr @stride
  %given = load i32, ptr @argument
  %offset = mul i64 %worker, %step
  %own = getelementptr i8, ptr %base, i64 %offset
  %number = trunc i64 %worker to i32
  call void %function(i32 %number, ptr %own, i32 %given)
  store atomic i64 %now, ptr %answer release, align 8
  br label %look
leave:
  ret void
}

; OpenBLAS's openblas_threads_callback: jobs i with data at %base + i * %step, all at the same time.
define void @share(i32 %synchronous, ptr %function, i32 %jobs, i64 %step, ptr %base, i32 %given) nounwind {
entry:
  %count = zext i32 %jobs to i64
  %alone = icmp ule i64 %count, 1
  br i1 %alone, label %single, label %publish
single:
  call void %function(i32 0, ptr %base, i32 %given)
  ret void
publish:
  %turn = call i64 @begin_turn(ptr %function, ptr %base)
  %letter = shl i64 %turn, 1
  store i64 %step, ptr @stride
  store i32 %given, ptr @argument
  call void @post(i64 %letter, i64 %count)
  call void %function(i32 0, ptr %base, i32 %given)
  br label %await
await:
  %asked = phi i64 [ 1, %publish ], [ %asked, %wait ], [ %asked, %cede ], [ %following, %answered ]
  %looks = phi i64 [ 0, %publish ], [ %again, %wait ], [ 0, %cede ], [ 0, %answered ]
  %place = shl i64 %asked, 3
  %answer = getelementptr i64, ptr @finished, i64 %place
  %done = load atomic i64, ptr %answer acquire, align 8
  %ready = icmp eq i64 %done, %letter
  br i1 %ready, label %answered, label %wait
wait:
  {{pause}}
  %again = add i64 %looks, 1
  %patient = icmp ult i64 %again, {{spins}}
  br i1 %patient, label %await, label %cede
cede:
  %let.go = load ptr, ptr @yield
  call void %let.go()
  br label %await
answered:
  %following = add i64 %asked, 1
  %all = icmp uge i64 %following, %count
  br i1 %all, label %exit, label %await
exit:
  store atomic i64 0, ptr @lock release, align 8
  ret void
}

; What is to be run: { function, given, length, chunk, chunks }, where part i takes [i * chunk, (i + 1) * chunk) of the length.

; A kernel over a part of its range; given is the table of its memory.
define void @range(i32 %number, ptr %work, i32 %ignored) nounwind {
  %begin = call i64 @begin(i32 %number, ptr %work)
  %end = call i64 @end(i64 %begin, ptr %work)
  %kernel = load ptr, ptr %work
  %table.at = getelementptr i64, ptr %work, i64 1
  %table = load ptr, ptr %table.at
  call void %kernel(ptr %table, i64 %begin, i64 %end)
  ret void
}

; A kernel once for each table of a part of them; given is an array of tables.
define void @each(i32 %number, ptr %work, i32 %ignored) nounwind {
entry:
  %begin = call i64 @begin(i32 %number, ptr %work)
  %end = call i64 @end(i64 %begin, ptr %work)
  %kernel = load ptr, ptr %work
  %tables.at = getelementptr i64, ptr %work, i64 1
  %tables = load ptr, ptr %tables.at
  br label %next
next:
  %item = phi i64 [ %begin, %entry ], [ %following, %run ]
  %left = icmp ult i64 %item, %end
  br i1 %left, label %run, label %leave
run:
  %table.at = getelementptr ptr, ptr %tables, i64 %item
  %table = load ptr, ptr %table.at
  call void %kernel(ptr %table)
  %following = add i64 %item, 1
  br label %next
leave:
  ret void
}

define internal i64 @begin(i32 %number, ptr %work) nounwind {
  %chunk.at = getelementptr i64, ptr %work, i64 3
  %chunk = load i64, ptr %chunk.at
  %wide = zext i32 %number to i64
  %begin = mul i64 %wide, %chunk
  ret i64 %begin
}

define internal i64 @end(i64 %begin, ptr %work) nounwind {
  %length.at = getelementptr i64, ptr %work, i64 2
  %length = load i64, ptr %length.at
  %chunk.at = getelementptr i64, ptr %work, i64 3
  %chunk = load i64, ptr %chunk.at
  %behind = add i64 %begin, %chunk
  %end = call i64 @llvm.umin.i64(i64 %behind, i64 %length)
  ret i64 %end
}

; All chunks of some work.
define internal void @launch(ptr %work, ptr %function) nounwind {
entry:
  %chunks.at = getelementptr i64, ptr %work, i64 4
  %chunks = load i64, ptr %chunks.at
  %alone = icmp ule i64 %chunks, 1
  br i1 %alone, label %single, label %ask
single:
  call void %function(i32 0, ptr %work, i32 0)
  ret void
ask:
  %wanted = load atomic i64, ptr @apart monotonic, align 8
  %apart = icmp ne i64 %wanted, 0
  br i1 %apart, label %each, label %publish
each:
  %number = phi i64 [ 0, %ask ], [ %next, %each ]
  %narrow = trunc i64 %number to i32
  call void %function(i32 %narrow, ptr %work, i32 0)
  %next = add i64 %number, 1
  %more = icmp ult i64 %next, %chunks
  br i1 %more, label %each, label %over
over:
  ret void
publish:
  %turn = call i64 @begin_turn(ptr %function, ptr %work)
  %upper = shl i64 %turn, 32
  %middle = shl i64 %chunks, 16
  %claims = or i64 %upper, %middle
  store i64 0, ptr @completed
  store atomic i64 %claims, ptr @claims release, align 8
  %double = shl i64 %turn, 1
  %letter = or i64 %double, 1
  %members = load i64, ptr @size
  %count = call i64 @llvm.umin.i64(i64 %chunks, i64 %members)
  call void @post(i64 %letter, i64 %count)
  call void @claim(i64 %turn, i1 false)
  br label %await
await:
  %looks = phi i64 [ 0, %publish ], [ %again, %wait ], [ 0, %cede ]
  %done = load atomic i64, ptr @completed acquire, align 8
  %ready = icmp eq i64 %done, %chunks
  br i1 %ready, label %exit, label %wait
wait:
  {{pause}}
  %again = add i64 %looks, 1
  %patient = icmp ult i64 %again, {{spins}}
  br i1 %patient, label %await, label %cede
cede:
  %let.go = load ptr, ptr @yield
  call void %let.go()
  br label %await
exit:
  store atomic i64 0, ptr @lock release, align 8
  ret void
}

; Take chunks of a turn, the last ones or the first, and do them, as long as there are some; nothing if the turn is over.
define internal void @claim(i64 %turn, i1 %last) nounwind {
entry:
  %its = and i64 %turn, 4294967295
  br label %look
look:
  %word = load atomic i64, ptr @claims acquire, align 8
  %of = lshr i64 %word, 32
  %current = icmp eq i64 %of, %its
  br i1 %current, label %count, label %leave
count:
  %front = and i64 %word, 255
  %lowered = lshr i64 %word, 8
  %back = and i64 %lowered, 255
  %shifted = lshr i64 %word, 16
  %chunks = and i64 %shifted, 65535
  %claimed = add i64 %front, %back
  %left = icmp ult i64 %claimed, %chunks
  br i1 %left, label %take, label %leave
take:
  %unclaimed = sub i64 %chunks, %back
  %from.last = sub i64 %unclaimed, 1
  %next = select i1 %last, i64 %from.last, i64 %front
  %one = select i1 %last, i64 256, i64 1
  %one.more = add i64 %word, %one
  %pair = cmpxchg ptr @claims, i64 %word, i64 %one.more acq_rel acquire
  %taken = extractvalue { i64, i1 } %pair, 1
  br i1 %taken, label %run, label %look
run:
  %function = load ptr, ptr @job
  %work = load ptr, ptr @data
  %number = trunc i64 %next to i32
  call void %function(i32 %number, ptr %work, i32 0)
  %before = atomicrmw add ptr @completed, i64 1 release
  br label %look
leave:
  ret void
}

; Wait for the lock, and set the fields of a job; gives its turn.
define internal i64 @begin_turn(ptr %function, ptr %data) nounwind {
entry:
  br label %enter
enter:
  %held = atomicrmw xchg ptr @lock, i64 1 acquire
  %free = icmp eq i64 %held, 0
  br i1 %free, label %publish, label %queue
queue:
  %give.way = load ptr, ptr @yield
  call void %give.way()
  br label %enter
publish:
  %old = load i64, ptr @turn
  %new = add i64 %old, 1
  store i64 %new, ptr @turn
  store ptr %function, ptr @job
  store ptr %data, ptr @data
  ret i64 %new
}

; Post a letter to the workers 1 to %count - 1.
define internal void @post(i64 %letter, i64 %count) nounwind {
entry:
  br label %next
next:
  %worker = phi i64 [ 1, %entry ], [ %following, %write ]
  %more = icmp ult i64 %worker, %count
  br i1 %more, label %write, label %leave
write:
  %word = shl i64 %worker, 3
  %mail = getelementptr i64, ptr @posted, i64 %word
  store atomic i64 %letter, ptr %mail release, align 8
  %following = add i64 %worker, 1
  br label %next
leave:
  ret void
}

define void @launch_range(ptr %work) nounwind {
  call void @launch(ptr %work, ptr @range)
  ret void
}

define void @launch_each(ptr %work) nounwind {
  call void @launch(ptr %work, ptr @each)
  ret void
}
