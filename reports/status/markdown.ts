import { Marked } from "marked";

/**
 * Converts Markdown to HTML. Reports quote what a gateway answered: tags are escaped, and links lead only to the web or to
 * a file next to the page.
 */
export function markdownToHtml(markdown: string): string {
  const marked = new Marked({
    gfm: true,
    async: false,
    renderer: {
      html: ({ text }) => escapeHtml(text),
      link({ href, tokens }) {
        const text = this.parser.parseInline(tokens);
        return /^(https?:\/\/|[\w./#-]+$)/.test(href) ? `<a href="${escapeHtml(href)}">${text}</a>` : text;
      },
      image: ({ text }) => escapeHtml(text),
    },
  });
  return String(marked.parse(markdown));
}

/** Escapes a text for HTML, attributes included. */
export function escapeHtml(text: string): string {
  const names: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
  };
  return text.replaceAll(/[&<>"']/g, (char) => names[char] ?? char);
}
