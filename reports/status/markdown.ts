import { Marked } from "marked";

/**
 * Markdown as HTML. What a gateway answered stands in reports: no tag of it gets through, and no link but to the web or
 * to a file beside the page.
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

/** Text as HTML shows it, in an attribute too. */
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
