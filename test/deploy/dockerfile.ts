/** A Dockerfile as a list of instructions: continued lines joined, comments dropped, `ARG` defaults kept. */
export type Instruction = { readonly word: string; readonly text: string }

export function parseDockerfile(source: string): Instruction[] {
  const instructions: Instruction[] = []
  let pending = ''
  for (const line of source.split('\n')) {
    if (/^\s*#/.test(line) || (line.trim() === '' && pending === '')) continue
    const continued = /\\\s*$/.test(line)
    pending += line.replace(/\\\s*$/, ' ')
    if (continued) continue
    const match = /^\s*([A-Za-z]+)\s+([\s\S]*)$/.exec(pending)
    if (!match) throw new Error(`not an instruction: ${pending}`)
    instructions.push({ word: match[1]!.toUpperCase(), text: match[2]!.trim().replace(/\s+/g, ' ') })
    pending = ''
  }
  return instructions
}

/** What is wrong with an image's recipe by our rules; empty when nothing is. */
export function faultsOf(source: string): string[] {
  const all = parseDockerfile(source)
  const faults: string[] = []
  const stages = new Set<string>()
  for (const { word, text } of all) {
    if (word === 'FROM') {
      const [image = '', , stage] = text.split(/ (AS) /i)
      if (!stages.has(image)) {
        const tag = /:([^:@\s]+)$/.exec(image)?.[1]
        if (!image.includes('@sha256:') && (!tag || !/\d+\.\d+/.test(tag)))
          faults.push(`FROM ${image} is not pinned`)
      }
      if (stage) stages.add(stage)
    }
    if (word === 'ADD') faults.push('ADD fetches and unpacks; use COPY')
    if (word === 'COPY' && /(^|\s)\.\s+\S/.test(text) && !text.includes('--from'))
      faults.push('COPY . takes everything')
    if (word === 'RUN') {
      if (/(curl|wget)[^|;&]*\|\s*(sudo\s+)?(ba|z|da)?sh/.test(text))
        faults.push('a download is piped into a shell')
      if (/apt-get install/.test(text) && !/--no-install-recommends/.test(text))
        faults.push('apt-get recommends')
      if (/apt-get update/.test(text) && !/rm -rf \/var\/lib\/apt\/lists/.test(text))
        faults.push('apt lists stay in the layer')
      if (/\bsudo\b/.test(text)) faults.push('sudo')
      if (/npm (i|install)\b/.test(text)) faults.push('npm install ignores the lock; use npm ci')
      for (const [, name, rest] of text.matchAll(/pip install\b[^&;]*?"?\b([a-z]+)((?:[<>=~]=?)\S*)?"/g)) {
        if (!rest?.startsWith('==')) faults.push(`pip installs ${name} without a version`)
      }
    }
    if (
      (word === 'ENV' || word === 'ARG') &&
      /(PASSWORD|SECRET|TOKEN|DATA_KEY|ACCESS_KEY)\s*=\s*\S/.test(text)
    ) {
      faults.push(`${word} holds a secret`)
    }
    if ((word === 'CMD' || word === 'ENTRYPOINT') && !text.startsWith('['))
      faults.push(`${word} is run by a shell`)
  }
  const last = all.slice(all.findLastIndex(({ word }) => word === 'FROM'))
  const user = last.findLast(({ word }) => word === 'USER')?.text
  if (!user || !/^[1-9]\d*(:[1-9]\d*)?$/.test(user))
    faults.push(`USER is ${user ?? 'root'}; a number that is not 0 is wanted`)
  if (!last.some(({ word, text }) => word === 'ENTRYPOINT' && text.includes('tini')))
    faults.push('no init reaps children')
  if (!last.some(({ word }) => word === 'HEALTHCHECK')) faults.push('no HEALTHCHECK')
  return faults
}
