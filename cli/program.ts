/** The command line: names, options, help. What a command does is in `commands/`, loaded when it is called. */
import { Command, InvalidArgumentError, Option } from 'commander'
import type { CommandContext } from './context.ts'

function wholeNumber(least: number, most: number) {
  return (text: string): number => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= least && value <= most) return value
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`)
  }
}

const RATES = ['16', '24', '30']
function frameRate(text: string): number {
  if (RATES.includes(text)) return Number(text)
  throw new InvalidArgumentError(`Allowed choices are ${RATES.join(', ')}.`)
}

const serverOption = () =>
  new Option(
    '-s, --server <url>',
    'server to speak to (default: FRAMECAST_URL, else the instance that runs in --data)',
  )
const keyOption = () => new Option('-k, --key <key>', 'API key (default: FRAMECAST_API_KEY)')
const dataOption = () => new Option('--data <dir>', 'folder of the private instance (default: .framecast)')
const jsonOption = (what = 'print the result as JSON') => new Option('--json', what)

const remote = (command: Command): Command =>
  command.addOption(serverOption()).addOption(keyOption()).addOption(dataOption())

/** A group of examples below the help of a command. */
const examples = (command: Command, lines: readonly (readonly [string, string])[]): Command => {
  const widest = Math.max(...lines.map(([call]) => call.length))
  const text = lines.map(([call, what]) => `  $ ${call.padEnd(widest)}  ${what}`.trimEnd()).join('\n')
  return command.addHelpText('after', `\nExamples:\n${text}`)
}

/**
 * @param version of the package
 * @param contextOf makes what a command needs, once the global options are known
 */
export function buildProgram(
  version: string,
  contextOf: (global: { color: boolean; quiet: boolean }) => CommandContext,
): Command {
  const program = new Command('framecast')
  const context = () => {
    const { color = true, quiet = false } = program.opts<{ color?: boolean; quiet?: boolean }>()
    return contextOf({ color, quiet })
  }

  program
    .description('Turns a written storyboard into a finished film.')
    .version(version, '-V, --version', 'print the version')
    .option('--no-color', 'no colours (also: NO_COLOR=1)')
    .option('-q, --quiet', 'results and errors only, no progress')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command')
    .showSuggestionAfterError(true)
    .configureHelp({ showGlobalOptions: true })
  examples(program, [
    ['framecast demo', 'the whole way once, on this machine'],
    ['framecast render story.yaml --embedded', 'render without a server'],
    ['framecast validate story.yaml', 'errors with line and column'],
  ])
  program.addHelpText(
    'after',
    '\nExit codes: 0 done, 1 failed, 2 usage, 3 storyboard invalid, 4 server unreachable, 5 refused, 6 canceled,\n130 interrupted. All of it: docs/cli.md',
  )

  const looks = (command: Command): Command =>
    command
      .addOption(new Option('--resolution <name>', 'size of the film').choices(['480p', '720p', '1080p']))
      .addOption(new Option('--aspect <ratio>', 'shape of the film').choices(['16:9', '9:16', '1:1']))
      .addOption(new Option('--fps <rate>', 'frames a second').choices(RATES).argParser(frameRate))
      .option('--seed <number>', 'same seed, same pictures', wholeNumber(0, Number.MAX_SAFE_INTEGER))
      .option('--engine <name>', 'what makes the pictures: auto, preview, comfyui, …')
      .option('--workflow <name>', 'workflow of the engine')
      .option('--draft', 'faster and cheaper, where the workflow knows how')
      .addOption(
        new Option('--cache <policy>', 'reuse clips, replace them, leave none, or make none').choices([
          'use',
          'refresh',
          'bypass',
          'only',
        ]),
      )
      .option('--scenes <ids>', 'render these scenes alone, separated by commas', (text) =>
        text.split(',').map((id) => id.trim()),
      )
      .addOption(new Option('--captions <how>', 'dialogue as text').choices(['soft', 'burn', 'off']))
      .option('--slate', 'a slate in the first second of each shot')
      .option('--take <number>', 'number of the take, on a slate', wholeNumber(1, 999))
      .option('--timecode', 'the time code and the scene in every frame')

  const render = remote(
    program
      .command('render')
      .summary('render a storyboard to an MP4 file')
      .argument('[file]', 'storyboard, YAML or JSON; - reads standard input'),
  )
    .description('Renders a storyboard and writes the film. Ctrl-C leaves the job running.')
    .option('--project <id>', 'the storyboard of a project as it is saved, instead of a file')
    .option('-o, --output <file>', "film to write (default: the storyboard's name with .mp4, here)")
    .option('--contact-sheet <file>', 'also write a PNG with a picture of every scene')
    .option('--subtitles <file>', 'also write the captions, as .srt or .vtt')
    .option('--embedded', 'no server: start a private instance in --data for this render')
  looks(render)
    .addOption(new Option('--loudness <name>', 'how loud the film is').choices(['web', 'ebu-r128', 'none']))
    .addOption(jsonOption('print one JSON line at the end'))
    .action(async (file, flags) => (await import('./commands/render.ts')).render(file, flags, context()))
  examples(render, [
    ['framecast render story.yaml --embedded', 'on this machine, film in story.mp4'],
    ['framecast render story.yaml -o out/story.mp4 --resolution 1080p', ''],
    ['framecast render story.yaml --server http://studio:3000 --key sk_live_…', ''],
    ['framecast render --project 0192f0c4-… --server http://studio:3000', ''],
    ['framecast render story.yaml --embedded --json | jq .output', ''],
  ])

  const plan = remote(
    program
      .command('plan')
      .summary('see what a render would do')
      .argument('[file]', 'storyboard, YAML or JSON; - reads standard input'),
  )
    .description(
      'Says of each scene whether it is reused or rendered, why, and what it takes. Renders nothing.',
    )
    .option('--project <id>', 'the storyboard of a project, instead of a file')
    .option('--embedded', 'no server: start a private instance in --data to ask')
  looks(plan)
    .addOption(jsonOption('print the plan as JSON'))
    .action(async (file, flags) => (await import('./commands/plan.ts')).plan(file, flags, context()))
  examples(plan, [
    ['framecast plan story.yaml --engine comfyui', ''],
    ['framecast plan --project 0192f0c4-… --scenes harbor --cache refresh', ''],
  ])

  const validate = program
    .command('validate')
    .summary('check storyboards')
    .description('Checks storyboards and shows every problem with line and column. Needs no server.')
    .argument('<file...>', 'storyboards, YAML or JSON; - reads standard input')
    .addOption(jsonOption('print one JSON line a file'))
    .action(async (files, flags) =>
      (await import('./commands/validate.ts')).validate(files, flags, context()),
    )
  examples(validate, [['framecast validate examples/*.yaml', '']])

  const voice = program.command('voice').summary('try voices').description('Voices of dialogue.')
  const say = voice
    .command('say')
    .description(
      'Says a line with the voice engine that the environment names (VOICE_ENGINE), and writes it as a WAV file. Needs no server.',
    )
    .argument('<text>', 'what is said, up to 500 letters')
    .requiredOption('-o, --output <file>', 'WAV file to write')
    .option('--voice <id>', 'voice as in VOICE_MAP (default: one that fits the speaker)')
    .option('--as <words>', 'who speaks, in words: chooses a voice that fits')
    .addOption(jsonOption())
    .action(async (text, flags) => (await import('./commands/voice.ts')).say(text, flags, context()))
  examples(say, [['framecast voice say "Who is there?" --as "an old fisherman" -o line.wav', '']])

  const watch = remote(program.command('watch').summary('follow a job').argument('<job>', 'id of the job'))
    .description('Follows a job to its end, and fetches its film with -o.')
    .option('-o, --output <file>', 'film to write when it is done')
    .option('--contact-sheet <file>', 'with -o: also write the contact sheet')
    .option('--subtitles <file>', 'with -o: also write the captions, as .srt or .vtt')
    .addOption(jsonOption('print one JSON line at the end'))
    .action(async (job, flags) => (await import('./commands/jobs.ts')).watch(job, flags, context()))
  examples(watch, [['framecast watch 0192f0c4-… -o film.mp4', '']])

  remote(program.command('jobs').summary('list jobs').description('Lists jobs, newest first.'))
    .addOption(
      new Option('--status <status>', 'only these').choices([
        'queued',
        'processing',
        'completed',
        'failed',
        'canceled',
      ]),
    )
    .option('-n, --limit <number>', 'how many', wholeNumber(1, 100), 20)
    .addOption(jsonOption())
    .action(async (flags) => (await import('./commands/jobs.ts')).jobs(flags, context()))

  remote(program.command('cancel').summary('cancel a job').argument('<job>', 'id of the job'))
    .description('Cancels a job that waits or runs. Credits are given back as far as they were not used.')
    .addOption(jsonOption())
    .action(async (job, flags) => (await import('./commands/jobs.ts')).cancel(job, flags, context()))

  remote(program.command('engines').summary('list the servers that render'))
    .description(
      'Lists the servers that render: how they do, what they have loaded, how much they are given.',
    )
    .addOption(jsonOption('print one JSON line for each'))
    .action(async (flags) => (await import('./commands/engines.ts')).engines(flags, context()))

  const up = program
    .command('up')
    .summary('run a private instance')
    .description(
      'Runs server, worker, preview engine, Postgres and object store on this machine until Ctrl-C.',
    )
    .addOption(dataOption())
    .option(
      '-p, --port <number>',
      'port of the server (default: a free one, kept between runs)',
      wholeNumber(1, 65_535),
    )
    .addOption(jsonOption('print the addresses as one JSON line'))
    .action(async (flags) => (await import('./commands/up.ts')).up(flags, context()))
  examples(up, [['framecast up --port 3000', '']])

  program
    .command('demo')
    .summary('render the welcome film')
    .description(
      'Starts a private instance, renders examples/welcome.yaml through the public API, and stops again.',
    )
    .addOption(dataOption())
    .option('--out <dir>', 'folder for film and contact sheet', 'out')
    .addOption(new Option('--resolution <name>', 'size of the film').choices(['480p', '720p', '1080p']))
    .option('--engine <name>', 'engine to use')
    .addOption(jsonOption('print one JSON line at the end'))
    .action(async (flags) => (await import('./commands/demo.ts')).demo(flags, context()))

  remote(program.command('doctor').summary('look for what is missing, and the fix'))
    .description('Checks what Framecast needs on this machine. Exit code 1 when something is missing.')
    .addOption(jsonOption())
    .action(async (flags) => (await import('./commands/doctor.ts')).doctor(flags, context()))

  addLibrary(program, context)
  addAdmin(program, context)
  return program
}

function addLibrary(program: Command, context: () => CommandContext): void {
  const gigabytes = (flag: string, what: string) =>
    new Option(`${flag} <gb>`, what).argParser(wholeNumber(1, 4_096))
  const vram = () => gigabytes('--vram', 'graphics memory of the card, in GB')
  const ram = () => gigabytes('--ram', 'main memory of its host, in GB')

  const workflows = program
    .command('workflows')
    .summary('list workflows, and what default means')
    .description(
      'Lists the workflows of the product and of WORKFLOWS_DIR, with what they need. Where a database is at hand (DATABASE_URL, or the instance that runs in --data) it says on which servers they run.',
    )
    .option('--all', 'also those that are not offered, and why')
    .addOption(vram())
    .addOption(ram())
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(async (flags) => (await import('./commands/workflows.ts')).workflows(flags, context()))
  examples(workflows, [
    ['framecast workflows --all', ''],
    ['framecast workflows --vram 24 --ram 64', 'what default means on such a card'],
  ])

  const models = program
    .command('models')
    .summary('list, plan and verify model weights')
    .description('Model weights of the workflows. Works without a network.')
  const load = () => import('./commands/models.ts')
  models
    .command('list')
    .description('Lists weights: size, graphics memory, hash, licence, and which workflows need them.')
    .addOption(jsonOption())
    .action(async (flags) => (await load()).list(flags, context()))
  const plan = models
    .command('plan')
    .description('Says what has to be fetched for workflows, and whether they fit a card.')
    .argument('[workflow...]', 'workflows (default: the one that default means)')
    .option('--dir <dir>', 'models folder: what is there already is left out')
    .addOption(vram())
    .addOption(ram())
    .addOption(jsonOption())
    .action(async (slugs, flags) => (await load()).plan(slugs, flags, context()))
  examples(plan, [['framecast models plan core-wan22-14b-t2v-4step --vram 24 --dir /models', '']])
  const verify = models
    .command('verify')
    .description(
      'Reads the weights in a models folder and compares size and sha256. Exit code 1 when one is wrong.',
    )
    .argument(
      '[workflow...]',
      'all weights of these workflows must be there (default: looks at what is there)',
    )
    .requiredOption('--dir <dir>', 'models folder')
    .option('--quick', 'sizes only')
    .addOption(jsonOption())
    .action(async (slugs, flags) => (await load()).verify(slugs, flags, context()))
  examples(verify, [['framecast models verify core-wan22-5b-t2v --dir /models', '']])
}

function addAdmin(program: Command, context: () => CommandContext): void {
  const admin = program
    .command('admin')
    .summary('tasks of an operator')
    .description('Tasks on the database itself: DATABASE_URL, else the instance that runs in --data.')
  const load = () => import('./commands/admin.ts')
  const options = (command: Command): Command => command.addOption(dataOption()).addOption(jsonOption())

  const user = admin.command('user').description('Users.')
  const dryRun = (command: Command): Command =>
    options(command).option('--dry-run', 'do all of it, and take it back')
  dryRun(user.command('create').description('Makes a user.'))
    .requiredOption('--email <address>', 'email address')
    .option('--name <name>', 'name')
    .option('--operator', 'may run the installation')
    .option('--credits <number>', 'first balance', wholeNumber(0, 2_147_483_647))
    .action(async (flags) => (await load()).userCreate(flags, context()))
  options(user.command('list').description('Lists users.')).action(async (flags) =>
    (await load()).userList(flags, context()),
  )
  const loadUsers = () => import('./commands/admin-users.ts')
  dryRun(user.command('promote').description('Makes a starter a creator, with a first team.'))
    .requiredOption('--email <address>', 'whom')
    .option('--operator', 'may run the installation, too')
    .action(async (flags) => (await loadUsers()).userPromote(flags, context()))
  const reset = dryRun(
    user
      .command('reset-password')
      .description('Sets a new password, prints it this once, and ends all sessions.'),
  )
    .requiredOption('--email <address>', 'whose')
    .option('--password-stdin', 'take the password from standard input')
    .action(async (flags) => (await loadUsers()).userResetPassword(flags, context()))
  examples(reset, [['framecast admin user reset-password --email ana@studio.example', '']])
  dryRun(user.command('delete').description('Deletes an account, as its owner may.'))
    .requiredOption('--email <address>', 'whose')
    .action(async (flags) => (await loadUsers()).userDelete(flags, context()))

  const team = admin.command('team').description('Teams.')
  const loadTeams = () => import('./commands/admin-teams.ts')
  options(team.command('list').description('Lists teams.')).action(async (flags) =>
    (await loadTeams()).teamList(flags, context()),
  )
  dryRun(team.command('create').description('Makes a team for a creator.'))
    .requiredOption('--owner <address>', 'email of its owner')
    .requiredOption('--name <name>', 'name of the team')
    .option('--slug <slug>', 'its short name (default: made from the name)')
    .action(async (flags) => (await loadTeams()).teamCreate(flags, context()))

  const credits = admin.command('credits').description('Balances of people and teams.')
  const loadCredits = () => import('./commands/admin-credits.ts')
  const grant = dryRun(
    credits
      .command('grant')
      .description('Gives credits.')
      .argument('<to>', 'email, slug of a team, or owner URN')
      .argument('<amount>', 'how many', wholeNumber(1, 2_147_483_647)),
  )
    .option('--note <text>', 'why')
    .action(async (to, amount, flags) => (await loadCredits()).creditsGrant(to, amount, flags, context()))
  examples(grant, [['framecast admin credits grant ana@studio.example 500 --note "first month"', '']])
  options(
    credits
      .command('balance')
      .description('Shows a balance with its newest entries.')
      .argument('<of>', 'email, slug of a team, or owner URN'),
  ).action(async (of, flags) => (await loadCredits()).creditsBalance(of, flags, context()))
  options(
    credits
      .command('audit')
      .description('Compares balances, jobs and usage with the entries. Exit code 1 when they differ.'),
  ).action(async (flags) => (await loadCredits()).creditsAudit(flags, context()))

  const key = admin.command('key').description('API keys.')
  const create = dryRun(key.command('create').description('Makes an API key and prints it, this once.'))
    .option('--email <address>', 'user the key acts for (default: the operator, when there is just one)')
    .option('--name <name>', 'name of the key', 'Default')
    .option(
      '--scopes <list>',
      'what it may do, separated by commas',
      (text) => text.split(',').map((part) => part.trim()),
      ['*'],
    )
    .action(async (flags) => (await load()).keyCreate(flags, context()))
  examples(create, [
    ['framecast admin key create --email ana@studio.example', ''],
    ['framecast admin key create --email bot@studio.example --scopes generate,jobs:read', ''],
  ])
  dryRun(key.command('revoke').description('Revokes an API key.').argument('<id>', 'id of the key')).action(
    async (id, flags) => (await load()).keyRevoke(id, flags, context()),
  )

  const jobs = admin.command('jobs').description('Renders.')
  const cleanup = options(jobs.command('cleanup').description('Deletes finished jobs and their films.'))
    .option('--older-than <age>', 'finished at least this long ago: 30d, 12h, 90m', '30d')
    .option('--dry-run', 'count only')
    .action(async (flags) => (await load()).cleanup(flags, context()))
  examples(cleanup, [['framecast admin jobs cleanup --older-than 7d --dry-run', '']])

  const engines = admin.command('engines').description('The servers that render.')
  const loadEngines = () => import('./commands/admin-engines.ts')
  const slug = 'slug of the engine, as "framecast engines" lists it'
  const drain = dryRun(
    engines
      .command('drain')
      .description('Takes an engine out of service: it finishes what it has and is given nothing more.')
      .argument('<engine>', slug),
  ).action(async (engine, flags) => (await loadEngines()).enginesDrain(engine, flags, context()))
  examples(drain, [['framecast admin engines drain comfyui-gpu-01-8188', '']])
  dryRun(
    engines
      .command('resume')
      .description('Puts an engine back into service; what was held against it is forgotten.')
      .argument('<engine>', slug),
  ).action(async (engine, flags) => (await loadEngines()).enginesResume(engine, flags, context()))

  const cache = admin.command('cache').description('What was made once and is reused.')
  const loadCache = () => import('./commands/admin-cache.ts')
  options(cache.command('list').description('Lists what is kept, by owner and stage.')).action(
    async (flags) => (await loadCache()).cacheList(flags, context()),
  )
  const evict = options(
    cache.command('evict').description('Lets entries go that nothing needs, as workers do every hour.'),
  )
    .option('--older-than <age>', 'not used for at least this long: 30d, 12h, 90m', '30d')
    .option(
      '--max-bytes <number>',
      'and above so many bytes an owner; 0: any number',
      wholeNumber(0, 2 ** 50),
      0,
    )
    .option('--owner <urn>', 'of this person or team alone')
    .addOption(
      new Option('--stage <name>', 'of this stage alone').choices(['clip', 'voice', 'join', 'audio', 'film']),
    )
    .option('--dry-run', 'count only')
    .action(async (flags) => (await loadCache()).cacheEvict(flags, context()))
  examples(evict, [['framecast admin cache evict --older-than 7d --dry-run', '']])

  options(
    admin
      .command('invariants')
      .description('The rules of the data.')
      .command('check')
      .description(
        'Looks for rows that break a rule, over the whole database. Exit code 1 when there are any.',
      ),
  )
    .option('--all', 'list the rules that hold, too')
    .action(async (flags) => (await import('./commands/invariants.ts')).invariantsCheck(flags, context()))

  dryRun(admin.command('seed').description('Makes the local operator and prints a key.')).action(
    async (flags) => (await load()).seed(flags, context()),
  )

  const assets = admin.command('assets').description('The sounds that come with Framecast.')
  const seedAssets = options(
    assets.command('seed').description('Makes the sounds that are missing or outdated, and lists them.'),
  )
    .option('--dry-run', 'say only what there is to do')
    .action(async (flags) => (await import('./commands/admin-assets.ts')).seedAssets(flags, context()))
  examples(seedAssets, [['framecast admin assets seed --dry-run', '']])
  dryRun(
    assets
      .command('sweep')
      .description('Ends uploads that nobody confirmed, and removes objects that no row names.'),
  ).action(async (flags) => (await import('./commands/admin-assets.ts')).sweepAssets(flags, context()))
}
