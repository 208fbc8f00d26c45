// A network that is zoomed and moved about in. All texts come as text, never as markup.

const LEAST = 0.05;
const MOST = 4;

export default {
  template: `
    <div class="sigma-graph" tabindex="0" role="application" :aria-label="words.title" @keydown="pressed" ref="stage"
      @wheel="wheeled" @pointerdown="down" @pointermove="moved" @pointerup="up" @pointercancel="up" @dblclick="closer">
      <svg class="sigma-graph-picture" width="100%" height="100%" role="img" :aria-label="words.title">
        <defs><marker :id="arrow" markerWidth="8" markerHeight="8" refX="7" refY="4" orient="auto">
          <path class="sigma-graph-arrow" d="M0,1 L8,4 L0,7 Z" /></marker></defs>
        <g :transform="'translate(' + x + ' ' + y + ') scale(' + scale + ')'">
          <rect v-for="block in drawing.blocks" :key="'f' + block.name" class="sigma-graph-frame" rx="8"
            :x="block.x" :y="block.y" :width="block.width" :height="block.height" />
          <path v-for="(edge, place) in drawing.edges" :key="'e' + place" class="sigma-graph-edge" :d="edge.path"
            :marker-end="edge.arrow ? 'url(#' + arrow + ')' : undefined" />
          <path v-for="(line, place) in drawing.sharing" :key="'s' + place" class="sigma-graph-shared" :d="line.path">
            <title>{{ line.told }}</title></path>
          <g v-for="block in drawing.blocks" :key="'b' + block.name" class="sigma-graph-fold"
            @click="fold(block.name)"><title>{{ words.fold }}</title>
            <text :x="block.x + 8" :y="block.y + 15">&#8722; {{ block.title }}</text></g>
          <g v-for="node in drawing.nodes" :key="'n' + node.name" @click="choose(node.name)"
            @pointerenter="point($event, node)" @pointerleave="pointed = null"
            :class="['sigma-graph-node', 'sigma-role-' + node.role, { 'sigma-chosen': node.name === chosen }]">
            <rect :x="node.x" :y="node.y" :width="node.width" :height="node.height"
              :rx="node.role === 'section' ? node.height / 2 : 6" />
            <text class="sigma-graph-name" :x="node.x + node.width / 2" :y="node.y + 16">{{ node.title }}</text>
            <text v-for="(line, row) in node.lines" :key="row" :x="node.x + node.width / 2"
              :y="node.y + 30 + 14 * row">{{ line }}</text>
            <g v-if="node.role === 'block'" class="sigma-graph-fold" @click.stop="fold(node.name)">
              <title>{{ words.unfold }}</title>
              <circle :cx="node.x + node.width - 2" :cy="node.y + 2" r="8" />
              <text text-anchor="middle" :x="node.x + node.width - 2" :y="node.y + 6">+</text></g>
          </g>
        </g>
      </svg>
      <div v-if="pointed" class="sigma-graph-tip" :style="tip">
        <b>{{ pointed.title }}</b>
        <div v-for="(line, row) in tells" :key="row">{{ line }}</div>
      </div>
      <div class="sigma-graph-buttons">
        <q-btn dense flat round size="sm" icon="add" :aria-label="words.closer" @click="zoom(1.3)" />
        <q-btn dense flat round size="sm" icon="remove" :aria-label="words.farther" @click="zoom(1 / 1.3)" />
        <q-btn dense flat round size="sm" icon="fit_screen" :aria-label="words.whole" @click="whole()" />
      </div>
    </div>`,
  props: { drawing: Object, chosen: String, words: Object },
  data() {
    return { told: {}, x: 0, y: 0, scale: 1, pointed: null, tip: {}, arrow: "arrow-" + Math.random().toString(36).slice(2) };
  },
  computed: {
    tells() {
      const more = this.pointed.more ? this.pointed.more.split("\n") : [];
      // A layer may be called `constructor`.
      const told = Object.hasOwn(this.told, this.pointed.name) ? this.told[this.pointed.name] : [];
      return [...this.pointed.lines, ...more, ...told];
    },
  },
  mounted() {
    // What a finger does: where it is down, and how far it has gone, so that a drag is no tap.
    this.fingers = new Map();
    this.path = 0;
    this.observer = new ResizeObserver(() => this.isTouched || this.begin());
    this.observer.observe(this.$refs.stage);
    this.$emit("ready");
  },
  beforeUnmount() {
    this.observer.disconnect();
  },
  watch: {
    drawing(found, before) {
      // It comes again with whatever else of the element is new.
      if (found.number === before.number) return;
      this.pointed = null;
      // A block that was folded or unfolded stays where it was on the screen.
      const place = (drawing) =>
        [...(drawing.nodes || []), ...(drawing.blocks || [])].find((each) => each.name === this.folding);
      const [was, is] = [place(before), place(found)];
      this.folding = null;
      if (was && is) {
        this.x += (was.x + was.width / 2 - is.x - is.width / 2) * this.scale;
        this.y += (was.y - is.y) * this.scale;
      } else if (!this.isTouched) {
        this.begin();
      }
    },
    chosen(name) {
      const node = (this.drawing.nodes || []).find((each) => each.name === name);
      if (node && this.own !== name) this.show(node);
      this.own = null;
    },
  },
  methods: {
    tell(told) {
      this.told = told;
    },
    size() {
      return [this.$refs.stage.clientWidth, this.$refs.stage.clientHeight];
    },
    begin() {
      // Large enough to be read: what is higher than the stage begins at its top.
      if (!this.drawing.width) return;
      const [width, height] = this.size();
      const fitting = Math.min(width / this.drawing.width, height / this.drawing.height);
      this.place(Math.min(1.2, Math.max(fitting, Math.min(0.85, width / this.drawing.width))));
    },
    whole() {
      const [width, height] = this.size();
      this.isTouched = true;
      this.place(Math.min(1.5, Math.min(width / this.drawing.width, height / this.drawing.height)));
    },
    place(scale) {
      const [width, height] = this.size();
      this.scale = scale || 1;
      this.x = (width - this.drawing.width * this.scale) / 2;
      this.y = Math.max(0, (height - this.drawing.height * this.scale) / 2);
    },
    show(node) {
      const [width, height] = this.size();
      this.isTouched = true;
      this.x = width / 2 - (node.x + node.width / 2) * this.scale;
      this.y = height / 2 - (node.y + node.height / 2) * this.scale;
    },
    zoom(factor, x, y) {
      const [width, height] = this.size();
      const scale = Math.min(MOST, Math.max(LEAST, this.scale * factor));
      const [left, top] = [x ?? width / 2, y ?? height / 2];
      this.isTouched = true;
      this.x = left - ((left - this.x) * scale) / this.scale;
      this.y = top - ((top - this.y) * scale) / this.scale;
      this.scale = scale;
    },
    at(event) {
      const box = this.$refs.stage.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    },
    wheeled(event) {
      // Without Ctrl the page moves; a pinch on a touchpad comes with it.
      if (!event.ctrlKey) return;
      event.preventDefault();
      this.zoom(Math.exp(-event.deltaY / 300), ...this.at(event));
    },
    closer(event) {
      if (event.target.closest("button, .sigma-graph-fold, .sigma-graph-node")) return;
      this.zoom(1.5, ...this.at(event));
    },
    pressed(event) {
      const steps = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key in steps) {
        this.isTouched = true;
        this.x += steps[event.key][0];
        this.y += steps[event.key][1];
      } else if (event.key === "+" || event.key === "=") this.zoom(1.3);
      else if (event.key === "-") this.zoom(1 / 1.3);
      else if (event.key === "0") this.whole();
      else return;
      event.preventDefault();
    },
    down(event) {
      if (event.target.closest("button")) return;
      this.fingers.set(event.pointerId, this.at(event));
      if (this.fingers.size === 1) this.path = 0;
    },
    moved(event) {
      const before = this.fingers.get(event.pointerId);
      if (!before) return;
      const now = this.at(event);
      const shift = [now[0] - before[0], now[1] - before[1]];
      this.path += Math.hypot(...shift);
      if (this.path > 4 && !this.$refs.stage.hasPointerCapture(event.pointerId)) {
        this.$refs.stage.setPointerCapture(event.pointerId);
        this.pointed = null;
      }
      if (this.fingers.size === 2) {
        const [id, other] = [...this.fingers].find(([each]) => each !== event.pointerId);
        const far = (point) => Math.hypot(point[0] - other[0], point[1] - other[1]);
        this.zoom(far(now) / (far(before) || 1), (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
        this.x += shift[0] / 2;
        this.y += shift[1] / 2;
      } else {
        this.isTouched = true;
        this.x += shift[0];
        this.y += shift[1];
      }
      this.fingers.set(event.pointerId, now);
    },
    up(event) {
      this.fingers.delete(event.pointerId);
    },
    point(event, node) {
      if (event.pointerType !== "mouse" || this.fingers.size) return;
      const [width, height] = this.size();
      const [x, y] = this.at(event);
      this.tip = {
        left: x < width / 2 ? x + 14 + "px" : "auto",
        right: x < width / 2 ? "auto" : width - x + 14 + "px",
        top: y < height / 2 ? y + 10 + "px" : "auto",
        bottom: y < height / 2 ? "auto" : height - y + 10 + "px",
      };
      this.pointed = node;
    },
    choose(name) {
      if (this.path > 4) return;
      this.own = name;
      this.$emit("choose", name);
    },
    fold(name) {
      if (this.path > 4) return;
      this.folding = name;
      this.$emit("fold", name);
    },
  },
};
