/** The document's types, made from `schemas/storyboard.schema.json`. Optional fields may be absent or null alike. */
export type {
  Scene,
  Storyboard,
  StoryboardSymbol,
  TimelineElement,
  Transition,
  TransitionRef,
} from '../../schemas/types.ts'
