/** Moving a film to a frame, with an element that takes its time as a real one does. */
import { t } from 'tap'
import { createSeeker, frameAt, middleOf } from '../../web/src/seeker.ts'

function slowElement() {
  const events = new EventTarget()
  const asked: number[] = []
  let time = 0
  return {
    asked,
    seeking: false,
    readyState: 1,
    get currentTime() {
      return time
    },
    set currentTime(to: number) {
      time = to
      asked.push(to)
      this.seeking = true
    },
    addEventListener: events.addEventListener.bind(events),
    removeEventListener: events.removeEventListener.bind(events),
    arrive() {
      this.seeking = false
      events.dispatchEvent(new Event('seeked'))
    },
  }
}

t.test('every frame of every rate is found again from its middle', async (t) => {
  for (const fps of [16, 24, 30])
    for (let frame = 0; frame < fps * 300; frame += 1)
      if (frameAt(middleOf(frame, fps), fps) !== frame) t.fail(`frame ${frame} at ${fps}`)
  t.pass()
})

t.test('while a film is on its way, only the newest wish is kept', async (t) => {
  const element = slowElement()
  const seeker = createSeeker(element, 24)
  for (const frame of [10, 11, 12, 13]) seeker.seek(frame)
  t.strictSame(element.asked, [middleOf(10, 24)])
  element.arrive()
  t.strictSame(
    element.asked,
    [10, 13].map((frame) => middleOf(frame, 24)),
  )
  element.arrive()
  t.equal(element.asked.length, 2)
})

t.test('a film that is there already is left alone, and one that has not loaded, too', async (t) => {
  const element = slowElement()
  const seeker = createSeeker(element, 24)
  seeker.seek(5)
  element.arrive()
  seeker.seek(5)
  t.equal(element.asked.length, 1)
  element.readyState = 0
  seeker.seek(9)
  t.equal(element.asked.length, 1)
  seeker.close()
})
