// A pad to draw on with mouse, finger or pen. It emits "drawn" with all strokes, lists of [x, y] from 0 to 1.
export default {
  template: `<canvas class="sigma-pad" role="img" :aria-label="label" @pointerdown="begin" @pointermove="go_on"
    @pointerup="end" @pointercancel="end"></canvas>`,
  props: { label: String, delay: { type: Number, default: 150 }, pen: { type: Number, default: 0.07 } },
  mounted() {
    this.strokes = [];
    this.pointer = null;
    this.timer = null;
    this.watcher = new ResizeObserver(() => this.paint());
    this.watcher.observe(this.$el);
  },
  beforeUnmount() {
    this.watcher.disconnect();
    clearTimeout(this.timer);
  },
  methods: {
    begin(event) {
      if (!event.isPrimary || event.button !== 0) return;
      event.preventDefault();
      this.$el.setPointerCapture(event.pointerId);
      this.pointer = event.pointerId;
      this.strokes.push([this.place(event)]);
      this.changed();
    },
    go_on(event) {
      if (event.pointerId !== this.pointer) return;
      const stroke = this.strokes[this.strokes.length - 1];
      const seen = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
      for (const each of seen.length ? seen : [event]) {
        const [x, y] = this.place(each);
        const [before_x, before_y] = stroke[stroke.length - 1];
        if (Math.hypot(x - before_x, y - before_y) > 0.008) stroke.push([x, y]);
      }
      this.changed();
    },
    end(event) {
      if (event.pointerId !== this.pointer) return;
      this.pointer = null;
      this.tell();
    },
    place(event) {
      const box = this.$el.getBoundingClientRect();
      const part = (value, low, size) => Math.round(1000 * Math.min(1, Math.max(0, (value - low) / size))) / 1000;
      return [part(event.clientX, box.left, box.width), part(event.clientY, box.top, box.height)];
    },
    changed() {
      this.paint();
      // While somebody draws, not more often than this; the last of it is always told.
      if (this.timer === null) this.timer = setTimeout(() => this.tell(), this.delay);
    },
    tell() {
      clearTimeout(this.timer);
      this.timer = null;
      this.$emit("drawn", this.strokes);
    },
    clear() {
      this.strokes = [];
      this.paint();
      this.tell();
    },
    undo() {
      this.strokes.pop();
      this.paint();
      this.tell();
    },
    paint() {
      const canvas = this.$el;
      const size = Math.round(canvas.clientWidth * (window.devicePixelRatio || 1));
      if (!size) return;
      if (canvas.width !== size) canvas.width = canvas.height = size;
      const context = canvas.getContext("2d");
      context.clearRect(0, 0, size, size);
      context.strokeStyle = getComputedStyle(canvas).color;
      context.lineWidth = this.pen * size;
      context.lineCap = context.lineJoin = "round";
      for (const stroke of this.strokes) {
        context.beginPath();
        context.moveTo(stroke[0][0] * size, stroke[0][1] * size);
        for (const [x, y] of stroke.length > 1 ? stroke.slice(1) : stroke) context.lineTo(x * size, y * size);
        context.stroke();
      }
    },
  },
};
