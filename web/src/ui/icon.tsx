/** Icons of 16 px, one stroke of 1.3. Named for what they show; the words beside them say what they do. */

const PATHS = {
  projects: 'M2.5 4.5h4l1.2 1.4h5.8v6.6h-11z',
  library: 'M2.5 3.5h11v9h-11zM2.5 10.5l3-3 2.6 2.6 1.9-1.9 3.5 3.5M10.8 6.2h.01',
  queue: 'M2.5 4h7M2.5 8h7M2.5 12h4M11.5 8.5v5l3-2.5z',
  engines:
    'M4.5 4.5h7v7h-7zM6.5 2v2.5M9.5 2v2.5M6.5 11.5V14M9.5 11.5V14M2 6.5h2.5M2 9.5h2.5M11.5 6.5H14M11.5 9.5H14',
  team: 'M6 7.5a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4zM2 13c.3-2.2 1.9-3.5 4-3.5s3.7 1.3 4 3.500M10.5 3.400a2.1 2.1 0 0 1 0 4M11.7 9.700c1.3.4 2.1 1.6 2.3 3.3',
  settings:
    'M8 10a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM8 2v2M8 12v2M2 8h2M12 8h2M3.8 3.800l1.4 1.400M10.8 10.800l1.4 1.400M12.2 3.800l-1.4 1.400M5.2 10.800l-1.4 1.4',
  plus: 'M8 3v10M3 8h10',
  search: 'M7 11.500a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.3 10.300l3.2 3.2',
  more: 'M3.5 8h.01M8 8h.01M12.5 8h.01',
  play: 'M5 3.200v9.600L12.8 8z',
  pause: 'M5.5 3.500v9M10.5 3.500v9',
  check: 'M3 8.500l3.2 3.200L13 4.8',
  diamond: 'M8 2.500L13.5 8 8 13.5 2.5 8z',
  failed: 'M8 2.800L14 13H2zM8 6.800v3M8 11.400h.01',
  close: 'M3.5 3.500l9 9M12.5 3.500l-9 9',
  undo: 'M5.5 3L2.5 6l3 3M2.5 6h7a3.5 3.5 0 0 1 0 7H6',
  redo: 'M10.5 3l3 3-3 3M13.5 6h-7a3.5 3.5 0 0 0 0 7H10',
  board: 'M2.5 2.500h4.500V7H2.500zM9 2.500h4.500V7H9zM2.5 9H7v4.500H2.500zM9 9h4.500v4.500H9z',
  terminal: 'M2.5 3.5h11v9h-11zM5 6.5L7 8.300 5 10.1M8.500 10.1h2.500',
  source: 'M5.5 4.500L2 8l3.5 3.500M10.5 4.500L14 8l-3.5 3.5',
  film: 'M2.5 3.500h11v9h-11zM5 3.500v9M11 3.500v9M2.5 6.500H5M2.5 9.500H5M11 6.500h2.500M11 9.500h2.5',
  down: 'M4 6l4 4 4-4',
  download: 'M8 2.500v7.500M4.8 7L8 10.2 11.2 7M3 13h10',
  share: 'M8 2.500v7M5 5.200L8 2.500l3 2.700M4.500 7.500H3v6h10v-6h-1.500',
  eye: 'M1.8 8C3.2 5.3 5.4 4 8 4s4.8 1.3 6.2 4C12.8 10.7 10.6 12 8 12s-4.8-1.3-6.2-4zM8 9.800a1.8 1.8 0 1 0 0-3.6 1.8 1.8 0 0 0 0 3.600z',
  previous: 'M4 3.500v9M12.5 3.500L6 8l6.5 4.500z',
  next: 'M12 3.500v9M3.5 3.500L10 8l-6.5 4.500z',
  frameBack: 'M10 4L6 8l4 4',
  frameOn: 'M6 4l4 4-4 4',
  loop: 'M3 7.500a3 3 0 0 1 3-3h6.500M10.500 2.500l2 2-2 2M13 8.500a3 3 0 0 1-3 3H3.500M5.500 9.500l-2 2 2 2',
  captions: 'M2.500 3.500h11v9h-11zM7 6.900a1.500 1.500 0 1 0 0 2.200M11.500 6.900a1.500 1.500 0 1 0 0 2.200',
  sound:
    'M2.500 6.200v3.600h2.300L8 12.500v-9L4.800 6.200zM10.300 6a2.800 2.800 0 0 1 0 4M12 4.300a5.200 5.200 0 0 1 0 7.400',
  muted:
    'M2.500 6.200v3.600h2.300L8 12.500v-9L4.800 6.200zM10.500 6.300l3.400 3.400M13.900 6.300l-3.400 3.400',
  full: 'M6 2.500H2.500V6M10 2.500h3.500V6M6 13.500H2.500V10M10 13.500h3.500V10',
  compare: 'M2.500 3.500h11v9h-11zM8 3.500v9',
  surround: 'M2.500 3.500h11v9h-11zM5.500 6h5v4h-5z',
  snap: 'M4 2.5v5.500a4 4 0 0 0 8 0V2.500M4 5h3V2.500M12 5H9V2.500M7 5v3a1 1 0 0 0 2 0V5',
  join: 'M2.5 3.500v9L8 8zM13.5 3.500v9L8 8z',
  dialogue:
    'M8 9.500a2 2 0 0 0 2-2v-3a2 2 0 1 0-4 0v3a2 2 0 0 0 2 2zM3.8 7.500a4.2 4.2 0 0 0 8.4 0M8 11.700v2',
  effects: 'M2.5 6.500v3h2.300L8 12.300V3.700L4.8 6.500zM10.3 6a3 3 0 0 1 0 4M12 4.300a5.3 5.3 0 0 1 0 7.4',
  ambience:
    'M2 5.500h7.500a1.7 1.7 0 1 0-1.7-1.700M2 8h10.300a1.7 1.7 0 1 1-1.7 1.700M2 10.500h5.500a1.5 1.5 0 1 1-1.5 1.500',
  music:
    'M6 12a1.7 1.7 0 1 1-1.7-1.700A1.7 1.7 0 0 1 6 12zM6 12V4l7-1.500v7.700M13 10.200a1.7 1.7 0 1 1-1.7-1.700 1.7 1.7 0 0 1 1.700 1.700z',
} as const

export type IconName = keyof typeof PATHS

/** Decorative: give the control that holds it a name. */
export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg aria-hidden="true" width={size} height={size} viewBox="0 0 16 16" fill="none">
      <path
        d={PATHS[name]}
        stroke="currentColor"
        strokeWidth="1.3"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  )
}
