/** What the pages without the app have in common: one style and one font, served beside the files of each. */
import { readFileSync } from 'node:fs'

const FOLDER = new URL('./', import.meta.url)

export const FONT = 'inter-latin-wght-normal.woff2'
export const FONT_TYPE = 'font/woff2'

export const readFont = (): Buffer => readFileSync(new URL(FONT, FOLDER))

/** The shared style with that of one page after it: one file, one request. */
export const withLightStyle = (own: Buffer): Buffer =>
  Buffer.concat([readFileSync(new URL('light.css', FOLDER)), Buffer.from('\n'), own])
