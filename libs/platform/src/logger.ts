import { pino, type Logger } from 'pino';
import type { ServiceConfig } from './config';

export type { Logger } from 'pino';

/**
 * Creates the service's logger, to standard output. `error` means that a human must act; what recovers by itself is
 * `warn`. Pass errors as `{ err }`, never as text.
 */
export function createLogger(service: string, config: Pick<ServiceConfig, 'LOG_LEVEL' | 'LOG_FORMAT'>): Logger {
  const pretty = config.LOG_FORMAT === 'pretty' || (config.LOG_FORMAT === 'auto' && process.stdout.isTTY);
  return pino({
    level: config.LOG_LEVEL,
    base: { service, pid: process.pid },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    ...(pretty ? { transport: { target: 'pino-pretty', options: { ignore: 'pid', singleLine: true } } } : {}),
  });
}
