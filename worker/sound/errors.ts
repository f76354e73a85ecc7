/** A sound that cannot be mixed; `message` is for people and follows "the sound cannot be used: ". */
export class UnusableSound extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'UnusableSound'
  }
}
