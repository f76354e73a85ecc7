/** A user agent in words that its owner knows it by. Pure. */

/** The first that fits: browsers also name those that they descend from. */
const PROGRAMS: readonly (readonly [RegExp, string])[] = [
  [/\bEdgA?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\b(Firefox|FxiOS)\//, 'Firefox'],
  [/\b(Chrome|Chromium|CriOS|HeadlessChrome)\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
  [/\bcurl\//, 'curl'],
  [/\bpython-requests\/|\bhttpx\/|\baiohttp\//i, 'a Python program'],
  [/^node\b|\bundici\b/, 'a Node.js program'],
]

const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bWindows\b/, 'Windows'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bMac OS X\b|\bMacintosh\b/, 'macOS'],
  [/\bLinux\b|\bX11\b/, 'Linux'],
]

const first = (text: string, known: readonly (readonly [RegExp, string])[]): string | undefined =>
  known.find(([pattern]) => pattern.test(text))?.[1]

/** `Firefox on Linux`, `curl`; `unknown` where nothing is known. */
export function deviceOf(userAgent: string | null): string {
  const program = first(userAgent ?? '', PROGRAMS)
  const system = first(userAgent ?? '', SYSTEMS)
  if (!program) return system ? `a program on ${system}` : 'unknown'
  return system ? `${program} on ${system}` : program
}
