/** Loaded before a program (`node --import`): its clock goes wrong by CLOCK_HOURS_OFF, in every thread of it. */
const shiftMs = Number(process.env.CLOCK_HOURS_OFF ?? 0) * 3_600_000
const RealDate = Date

class ShiftedDate extends RealDate {
  constructor(...given: unknown[]) {
    if (given.length === 0) super(RealDate.now() + shiftMs)
    else super(...(given as [number]))
  }
  static override now(): number {
    return RealDate.now() + shiftMs
  }
}

globalThis.Date = ShiftedDate as DateConstructor
