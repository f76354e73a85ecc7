/**
 * Loaded into the test runner. It has every test take note of each file it loads, its source map too, which is a fifth of
 * what a test costs before it begins: only `just coverage` has a use for it, and no option says so.
 */
import processOnSpawn from 'process-on-spawn'

processOnSpawn.addListener((child) => {
  child.env = { ...child.env, _TAPJS_PROCESSINFO_EXCLUDE_: '/./' }
})
