// Lines of a log: only those that can be seen are in the page. All texts come as text, never as markup.

const HEIGHT = 26;
const MOST = 5000;
const [ID, TIME, CATEGORY, GRADE, ITERATION, WHO, TEXT, MORE] = [0, 1, 2, 3, 4, 5, 6, 7];

export default {
  template: `
    <div class="sigma-log">
      <div class="sigma-log-tools">
        <button v-for="category in categories" :key="category" type="button" class="sigma-log-filter"
          :class="{ 'sigma-log-on': !hidden[category] }" :aria-pressed="!hidden[category]" @click="toggle(category)">
          {{ words[category] }} <span class="sigma-dim">{{ counts[category] || 0 }}</span></button>
        <q-input dense outlined clearable debounce="120" class="sigma-log-search" v-model="search"
          :placeholder="words.search" :aria-label="words.search">
          <template #prepend><q-icon name="search" size="18px" /></template></q-input>
        <q-toggle dense v-model="follows" :label="words.follow" @update:model-value="end" />
        <q-btn dense flat round size="sm" icon="download" :aria-label="words.download" @click="download">
          <q-tooltip>{{ words.download }}</q-tooltip></q-btn>
      </div>
      <div class="sigma-log-stage" ref="stage" role="log" aria-live="off" tabindex="0" :aria-label="words.title"
        @scroll.passive="scrolled">
        <div v-if="!shown.length" class="sigma-log-nothing">{{ total ? words.none : words.empty }}</div>
        <div :style="{ height: shown.length * ${HEIGHT} + 'px', position: 'relative' }">
          <div v-for="row in visible" :key="row.entry[0]" :style="{ top: row.top + 'px' }" tabindex="0" role="button"
            :class="['sigma-log-row', 'sigma-grade-' + row.entry[3], { 'sigma-chosen-row': row.entry === chosen }]"
            @click="chosen = row.entry" @keydown.enter="chosen = row.entry">
            <span class="sigma-log-time">{{ time(row.entry) }}</span>
            <span class="sigma-log-iteration">{{ row.entry[4] ?? "" }}</span>
            <span class="sigma-log-who">{{ row.entry[5] }}</span>
            <span class="sigma-log-text">{{ row.entry[6] }}</span>
          </div>
        </div>
      </div>
      <div v-if="chosen" class="sigma-log-more" role="region" :aria-label="words.details">
        <q-btn dense flat round size="sm" icon="close" class="sigma-log-close" :aria-label="words.close"
          @click="chosen = null" />
        <div class="sigma-dim">{{ date(chosen) }}<template v-if="chosen[4] !== null"> ·
          {{ words.iteration }} {{ chosen[4] }}</template><template v-if="chosen[5]"> · {{ chosen[5] }}</template></div>
        <div class="sigma-strong sigma-anywhere">{{ chosen[6] }}</div>
        <pre class="sigma-pre">{{ chosen[7] }}</pre>
      </div>
    </div>`,
  props: { words: Object, categories: Array },
  data() {
    return { hidden: { debug: true }, search: "", follows: true, chosen: null, top: 0, height: 0, version: 0 };
  },
  created() {
    // Not followed by Vue, which would look at each of thousands.
    this.entries = [];
    this.last = 0;
  },
  mounted() {
    this.observer = new ResizeObserver(() => {
      this.height = this.$refs.stage.clientHeight;
      this.end();
    });
    this.observer.observe(this.$refs.stage);
    this.$emit("ready");
  },
  beforeUnmount() {
    this.observer.disconnect();
  },
  computed: {
    total() {
      return this.version && this.entries.length;
    },
    counts() {
      const counts = {};
      if (this.version) for (const entry of this.entries) counts[entry[CATEGORY]] = (counts[entry[CATEGORY]] || 0) + 1;
      return counts;
    },
    shown() {
      const wanted = (this.search || "").toLowerCase();
      return this.version && this.categories
        ? this.entries.filter(
            (entry) =>
              !this.hidden[entry[CATEGORY]] &&
              (!wanted || `${entry[TEXT]} ${entry[WHO]} ${entry[MORE]}`.toLowerCase().includes(wanted)),
          )
        : [];
    },
    visible() {
      const first = Math.max(0, Math.floor(this.top / HEIGHT) - 8);
      const count = Math.ceil(this.height / HEIGHT) + 16;
      return this.shown
        .slice(first, first + count)
        .map((entry, place) => ({ entry, top: (first + place) * HEIGHT }));
    },
  },
  watch: {
    shown() {
      this.end();
    },
  },
  methods: {
    add(rows) {
      // Those that came already are not taken twice.
      const fresh = rows.filter((row) => row[ID] > this.last);
      if (!fresh.length) return;
      this.last = fresh[fresh.length - 1][ID];
      this.entries.push(...fresh);
      if (this.entries.length > MOST) this.entries.splice(0, this.entries.length - MOST);
      this.version += 1;
    },
    end() {
      if (this.follows)
        this.$nextTick(() => {
          const stage = this.$refs.stage;
          if (stage) stage.scrollTop = stage.scrollHeight;
        });
    },
    scrolled() {
      const stage = this.$refs.stage;
      // Whoever scrolls up wants to read on; at the bottom it follows again, also where the lines became fewer.
      if (stage.scrollTop + stage.clientHeight >= stage.scrollHeight - 2) this.follows = true;
      else if (stage.scrollTop < this.top - 2) this.follows = false;
      this.top = stage.scrollTop;
    },
    toggle(category) {
      this.hidden = { ...this.hidden, [category]: !this.hidden[category] };
    },
    time(entry) {
      return new Date(entry[TIME] * 1000).toLocaleTimeString(this.words.code);
    },
    date(entry) {
      return new Date(entry[TIME] * 1000).toLocaleString(this.words.code);
    },
    download() {
      const lines = this.shown.map((entry) =>
        [new Date(entry[TIME] * 1000).toISOString(), entry[GRADE], entry[ITERATION] ?? "", entry[WHO], entry[TEXT]].join(
          "\t",
        ),
      );
      const anchor = document.createElement("a");
      anchor.href = URL.createObjectURL(new Blob([lines.join("\n") + "\n"], { type: "text/plain" }));
      anchor.download = this.words.file;
      anchor.click();
      setTimeout(() => URL.revokeObjectURL(anchor.href), 1000);
    },
  },
};
