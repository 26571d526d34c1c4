/** The URL that `text` is, absolute or in relation to `base`; undefined if it is none. */
export function parseUrl(text: string, base?: URL): URL | undefined {
  return URL.canParse(text, base?.href) ? new URL(text, base) : undefined
}
