/**
 * Loaded into every test, after the test runner's own. The runner makes each process that a test starts load what counts
 * lines, which is a fifth of what starting one costs: only `just coverage` has a use for it.
 */
import processOnSpawn from 'process-on-spawn'

if (process.env._TAPJS_PROCESSINFO_COVERAGE_ === '0')
  processOnSpawn.addListener((child) => {
    const { NODE_OPTIONS, ...env } = child.env
    child.env = env
  })
