/** `If-Match` of a request that replaces a storyboard. Pure. */
import { Problem } from '../platform/errors.ts'

const TAG_LIST = /^\s*(?:W\/)?"[\x21\x23-\x7e]*"(?:\s*,\s*(?:W\/)?"[\x21\x23-\x7e]*")*\s*$/

/**
 * @param header as it was sent; empty when it was not
 * @param revision of the stored storyboard
 * @throws {Problem} VALIDATION_ERROR for a header that is no list of tags, PRECONDITION_FAILED for one without this revision
 */
export function requireRevision(header: string, revision: number): void {
  if (header === '' || header.trim() === '*') return
  if (!TAG_LIST.test(header)) throw new Problem('VALIDATION_ERROR', 'If-Match must look like "r7"')
  // Strong comparison: a weak tag never matches.
  const isCurrent = header.split(',').some((tag) => tag.trim() === `"r${revision}"`)
  if (!isCurrent) {
    throw new Problem('PRECONDITION_FAILED', `the storyboard is at revision ${revision}`, {
      reason: 'revision_conflict',
      details: { revision },
    })
  }
}
