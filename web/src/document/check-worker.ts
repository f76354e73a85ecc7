import { type CheckRequest, check } from './check.ts'

self.onmessage = ({ data }: MessageEvent<CheckRequest>) => self.postMessage(check(data))
