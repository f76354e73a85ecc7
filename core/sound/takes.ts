/** Sounds that come again and again are played from a few takes, in turn: no two neighbours are alike, and time is saved. */
export function takes<Args extends readonly (string | number | boolean)[], Sound>(
  make: (...args: Args) => Sound,
  count = 3,
): (...args: Args) => Sound {
  const kept = new Map<string, { sounds: Sound[]; played: number }>()
  return (...args) => {
    const key = args.join()
    const shelf = kept.get(key) ?? { sounds: [], played: 0 }
    kept.set(key, shelf)
    const turn = shelf.played++ % count
    shelf.sounds[turn] ??= make(...args)
    return shelf.sounds[turn]
  }
}
