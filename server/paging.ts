/** Lists in pages: the page asked for, and the way to the next one in headers. */
import { Problem } from '../core/platform/errors.ts'
import type { Page, PageKey } from '../core/platform/page.ts'
import { createSigner, type Signer } from '../core/platform/signing.ts'
import type { Context } from './context.ts'
import { queryInteger, queryText } from './query.ts'

const MAX_OFFSET = 1_000_000_000

export type Pager = {
  /** @throws {Problem} VALIDATION_ERROR for a limit or offset that is no number, or a cursor that is not ours */
  read(ctx: Context, defaultLimit: number): Page
  /** Sets X-Next-Cursor and Link; nothing on the last page. */
  announce(ctx: Context, next: PageKey | null): void
}

/**
 * Cursors are signed, so that what comes back is a place we named, and for this list alone. The purpose of the signature
 * holds a number for their form: cursors of another form are refused.
 */
export function createPager(dataKey: string, list: string, baseUrl: string): Pager {
  const signer: Signer = createSigner(dataKey, `cursor:2:${list}`)
  const encode = (key: PageKey): string => {
    const text = Buffer.from(JSON.stringify(key)).toString('base64url')
    return `${text}.${signer.sign(text)}`
  }
  const decode = (cursor: string): PageKey => {
    const [text = '', signature = ''] = cursor.split('.')
    if (!signer.verify(text, signature))
      throw new Problem('VALIDATION_ERROR', 'cursor is not one of this list')
    return JSON.parse(Buffer.from(text, 'base64url').toString()) as PageKey
  }
  return {
    read(ctx, defaultLimit) {
      const cursor = queryText(ctx, 'cursor')
      return {
        limit: Math.min(100, Math.max(1, queryInteger(ctx, 'limit') ?? defaultLimit)),
        offset: Math.min(MAX_OFFSET, Math.max(0, queryInteger(ctx, 'offset') ?? 0)),
        after: cursor === undefined ? null : decode(cursor),
      }
    },
    announce(ctx, next) {
      if (!next) return
      const cursor = encode(next)
      const url = new URL(`${baseUrl}${ctx.path}`)
      url.search = ctx.search
      url.searchParams.delete('offset')
      url.searchParams.set('cursor', cursor)
      ctx.set('X-Next-Cursor', cursor)
      ctx.set('Link', `<${url.href}>; rel="next"`)
    },
  }
}
