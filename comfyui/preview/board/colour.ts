/** Colours as OKLCH, so that mixing and shifting keep their brightness to the eye; hex at the edges. */

/** Lightness 0..1, chroma 0..~0.35, hue in degrees. */
export type Lch = { readonly l: number; readonly c: number; readonly h: number }
export type Rgb = readonly [red: number, green: number, blue: number]

const toLinear = (v: number): number => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
const toGamma = (v: number): number => (v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055)
const clamp01 = (v: number): number => Math.min(1, Math.max(0, v))

/** `#rrggbb` to 0..1 channels. */
export const rgbOf = (hex: string): Rgb =>
  [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255) as unknown as Rgb

export const hexOf = (rgb: Rgb): string =>
  `#${rgb
    .map((v) =>
      Math.round(clamp01(v) * 255)
        .toString(16)
        .padStart(2, '0'),
    )
    .join('')}`

export function lchOf(hex: string): Lch {
  const [r, g, b] = rgbOf(hex).map(toLinear) as unknown as Rgb
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
  const light = 0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s
  const a = 1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s
  const bb = 0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s
  return { l: light, c: Math.hypot(a, bb), h: ((Math.atan2(bb, a) * 180) / Math.PI + 360) % 360 }
}

/** Out-of-range colours lose chroma, never hue. */
export function hexOfLch({ l, c, h }: Lch): string {
  for (let chroma = c; ; chroma -= 0.01) {
    const rgb = linearRgb(l, Math.max(0, chroma), h)
    if (chroma <= 0 || rgb.every((v) => v >= -0.0005 && v <= 1.0005)) {
      return hexOf(rgb.map((v) => toGamma(clamp01(v))) as unknown as Rgb)
    }
  }
}

function linearRgb(light: number, chroma: number, hue: number): Rgb {
  const a = chroma * Math.cos((hue * Math.PI) / 180)
  const b = chroma * Math.sin((hue * Math.PI) / 180)
  const l = (light + 0.3963377774 * a + 0.2158037573 * b) ** 3
  const m = (light - 0.1055613458 * a - 0.0638541728 * b) ** 3
  const s = (light - 0.0894841775 * a - 1.291485548 * b) ** 3
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ]
}

/** Mix in OKLab: `t` 0 gives `from`, 1 gives `to`. */
export function mix(from: string, to: string, t: number): string {
  const [a, b] = [lchOf(from), lchOf(to)]
  const axis = (x: Lch, turn: (v: number) => number): number => x.c * turn((x.h * Math.PI) / 180)
  const green = axis(a, Math.cos) * (1 - t) + axis(b, Math.cos) * t
  const blue = axis(a, Math.sin) * (1 - t) + axis(b, Math.sin) * t
  return hexOfLch({
    l: a.l * (1 - t) + b.l * t,
    c: Math.hypot(green, blue),
    h: ((Math.atan2(blue, green) * 180) / Math.PI + 360) % 360,
  })
}

/** Same colour with some of its parts set or scaled. */
export function adjust(
  hex: string,
  change: { l?: number; scaleL?: number; scaleC?: number; turn?: number },
): string {
  const { l, c, h } = lchOf(hex)
  return hexOfLch({
    l: clamp01((change.l ?? l) * (change.scaleL ?? 1)),
    c: c * (change.scaleC ?? 1),
    h: (h + (change.turn ?? 0) + 360) % 360,
  })
}
