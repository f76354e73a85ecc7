/** What we take for an email address; the database has the same rule. */

const FORM = /^[^@\s]+@[^@\s]+\.[^@\s]+$/
const MAX_LENGTH = 255

export const isEmail = (text: string): boolean => text.length <= MAX_LENGTH && FORM.test(text)
