/** Prints the OpenAPI document: `node server/openapi/main.ts > openapi.json`. */
import pkg from '../../package.json' with { type: 'json' }
import { openApiDocument } from './document.ts'

const baseUrl = process.env.APP_BASE_URL ?? 'http://localhost:3000'
process.stdout.write(`${JSON.stringify(openApiDocument(pkg.version, baseUrl), null, 2)}\n`)
