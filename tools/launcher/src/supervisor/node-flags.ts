/**
 * MiB of one half of V8's young generation. Small for most services, where a larger one only makes memory fluctuate.
 * The gateway has V8's default, because requests wait during collections: at 4 MiB a page of images takes a quarter
 * longer, at 64 the slowest of a hundred requests take half as long again (docs/performance.md).
 */
const SEMI_SPACE = { usual: 4, gateway: 16 } as const;

/**
 * The flags of Node for a service. V8 reads the size only at its start, so that it cannot be a setting of the service.
 */
export function nodeFlags(service: string): readonly string[] {
  return [
    '--enable-source-maps',
    `--max-semi-space-size=${service === 'gateway' ? SEMI_SPACE.gateway : SEMI_SPACE.usual}`,
  ];
}
