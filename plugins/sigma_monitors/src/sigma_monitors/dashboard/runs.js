// The table of runs, which is given only the rows that changed. A component of its own, because the library makes slots
// of its tables anew with each change of a page: a button would lose the focus, and a click in that moment its button.
// All texts come as text, never as markup.

export default {
  template: `
    <q-table class="sigma-card sigma-runs" flat row-key="name" selection="multiple" :grid="isNarrow" :rows="shown"
      :columns="ordered" :no-data-label="words.none" :rows-per-page-label="words.rows"
      :rows-per-page-options="[25, 50, 100, 0]" v-model:pagination="pagination" v-model:selected="selected"
      @update:selected="choose">
      <template #header-cell="props">
        <q-th :props="props" :tabindex="props.col.sortable ? 0 : undefined" :aria-sort="sorting(props.col)"
          @keydown.enter="props.sort(props.col)" @keydown.space.prevent="props.sort(props.col)">{{ props.col.label }}</q-th>
      </template>
      <template #header-selection="props">
        <q-checkbox v-model="props.selected" :aria-label="words.all" /></template>
      <template #body-selection="props">
        <q-checkbox v-model="props.selected" :aria-label="props.row.name" /></template>
      <template #body-cell-name="props"><q-td :props="props">
        <a class="sigma-link sigma-run-name" :href="props.row.link" :title="props.row.name">{{ props.row.name }}</a>
        <span v-for="tag in props.row.tags" :key="tag" class="sigma-tag q-ml-xs">{{ tag }}</span></q-td></template>
      <template #body-cell-status="props"><q-td :props="props">
        <span :class="'sigma-status sigma-' + props.row.status"><q-icon :name="props.row.icon" />{{ props.value }}</span>
      </q-td></template>
      <template #body-cell-progress="props"><q-td :props="props">
        <div class="sigma-cell-progress" :title="props.row.iterations">
          <q-linear-progress :value="props.row.share" rounded size="6px" color="primary" track-color="grey-5"
            :aria-label="props.value" /><span class="sigma-dim">{{ props.value }}</span></div></q-td></template>
      <template #body-cell-why="props"><q-td :props="props">
        <span class="sigma-why" :title="props.value">{{ props.value }}</span></q-td></template>
      <template #body-cell-actions="props"><q-td :props="props">
        <q-btn flat round dense icon="sell" size="sm" :aria-label="props.row.words.tags"
          @click.stop="$emit('tags', props.row.name)" />
        <q-btn flat round dense icon="delete" size="sm" :disable="props.row.lives" :aria-label="props.row.words.delete"
          @click.stop="$emit('remove', props.row.name)" /></q-td></template>
      <template #item="props"><div class="sigma-run-card">
        <q-checkbox v-model="props.selected" dense :aria-label="props.row.name" />
        <div style="min-width:0;flex:1"><div class="row items-center no-wrap" style="gap:8px">
          <a class="sigma-link ellipsis" :href="props.row.link">{{ props.row.name }}</a><q-space />
          <span :class="'sigma-status sigma-' + props.row.status"><q-icon :name="props.row.icon" />{{ props.row.said }}</span>
        </div>
        <div class="sigma-dim ellipsis">{{ props.row.progress }} · {{ props.row.score }} · {{ props.row.age }}</div>
        <span v-for="tag in props.row.tags" :key="tag" class="sigma-tag q-mr-xs">{{ tag }}</span></div>
        <q-btn flat round dense icon="sell" size="sm" :aria-label="props.row.words.tags"
          @click.stop="$emit('tags', props.row.name)" />
        <q-btn flat round dense icon="delete" size="sm" :disable="props.row.lives" :aria-label="props.row.words.delete"
          @click.stop="$emit('remove', props.row.name)" /></div></template>
    </q-table>`,
  props: { words: Object, columns: Array, wanted: String, tags: Array },
  data() {
    return { rows: [], selected: [], pagination: { rowsPerPage: 50, sortBy: null, descending: false }, isNarrow: false };
  },
  mounted() {
    this.narrow = window.matchMedia("(max-width: 820px)");
    this.measure = () => (this.isNarrow = this.narrow.matches);
    this.narrow.addEventListener("change", this.measure);
    this.measure();
    this.$emit("ready");
  },
  beforeUnmount() {
    this.narrow.removeEventListener("change", this.measure);
  },
  computed: {
    shown() {
      const wanted = (this.wanted || "").toLowerCase();
      const has = (row) => (this.tags || []).every((tag) => row.tags.includes(tag));
      const says = (row) =>
        [row.name, row.said, row.progress, row.score, row.age, row.why, ...row.tags].join(" ").toLowerCase();
      return this.rows.filter((row) => has(row) && (!wanted || says(row).includes(wanted)));
    },
    ordered() {
      // By what a cell tells of, not by how it says it: "10 min ago" is before "2 h ago".
      const sort = (name) => (a, b, one, other) => {
        const [left, right] = [one.ranks[name], other.ranks[name]];
        return left < right ? -1 : left > right ? 1 : 0;
      };
      return this.columns.map((column) => ({ ...column, sort: sort(column.name) }));
    },
  },
  methods: {
    // Rows that are new or changed, and the names of all in order.
    put(rows, names) {
      const known = new Map([...this.rows, ...rows].map((row) => [row.name, row]));
      this.rows = names.map((name) => known.get(name)).filter(Boolean);
      const chosen = this.selected.filter((row) => names.includes(row.name)).map((row) => known.get(row.name));
      const isLess = chosen.length < this.selected.length;
      this.selected = chosen;
      if (isLess) this.choose();
    },
    choose() {
      this.$emit("choose", this.selected.map((row) => row.name));
    },
    sorting(column) {
      if (!column.sortable) return undefined;
      if (this.pagination.sortBy !== column.name) return "none";
      return this.pagination.descending ? "descending" : "ascending";
    },
  },
};
