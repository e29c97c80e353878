/**
 * MiB of a half of the young generation. Small, because a large one only shows as memory that comes and goes; the gateway has what V8 gives by itself,
 * because requests wait while it is collected: at 4 a page of images takes a quarter
 * longer, at 64 the slowest of a hundred do, by half (docs/performance.md).
 */
const SEMI_SPACE = { usual: 4, gateway: 16 } as const;

/** How Node runs a service. V8 takes the size at its start alone, so that it cannot be a setting of the service itself. */
export function nodeFlags(service: string): readonly string[] {
  return [
    '--enable-source-maps',
    `--max-semi-space-size=${service === 'gateway' ? SEMI_SPACE.gateway : SEMI_SPACE.usual}`,
  ];
}
