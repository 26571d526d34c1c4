/** Adds a listener for each of these events; `signal` removes it. */
export function on(
  target: EventTarget | null,
  types: readonly string[],
  listener: () => void,
  signal: AbortSignal,
): void {
  for (const type of types) target?.addEventListener(type, listener, { signal })
}
