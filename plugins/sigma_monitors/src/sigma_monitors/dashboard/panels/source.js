// A text in coloured parts. All of them come as text, never as markup.

export default {
  template: `
    <div class="sigma-source">
      <q-btn v-if="canCopy" dense flat round size="sm" class="sigma-source-copy" :icon="isCopied ? 'check' : 'content_copy'"
        :aria-label="words.copy" @click="copy"><q-tooltip>{{ words.copy }}</q-tooltip></q-btn>
      <pre tabindex="0" :aria-label="words.title"><code><span v-for="(part, place) in parts" :key="place"
        :class="part[0] ? 'sigma-source-' + part[0] : undefined">{{ part[1] }}</span></code></pre>
    </div>`,
  props: { parts: Array, words: Object },
  data() {
    // Pages without encryption, but for those of the machine itself, are not given the clipboard.
    return { isCopied: false, canCopy: !!navigator.clipboard };
  },
  methods: {
    async copy() {
      await navigator.clipboard.writeText(this.parts.map((part) => part[1]).join(""));
      this.isCopied = true;
      setTimeout(() => (this.isCopied = false), 2000);
    },
  },
};
