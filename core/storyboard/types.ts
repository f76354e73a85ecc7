/** The document's types, made from `schemas/storyboard.schema.json`. Optional fields may be absent or null alike. */
export type {
  AudioRef,
  Dialogue,
  Montage,
  ReferenceImage,
  Scene,
  Sfx,
  Storyboard,
  StoryboardSymbol,
  TimelineElement,
  Transition,
  TransitionRef,
} from '../../schemas/types.ts'
