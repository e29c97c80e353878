import { createLogger, type Logger } from '@pugmark/platform';

/** Creates a logger for tests: silent, unless PUGMARK_TEST_LOG names a level. */
export function testLogger(): Logger {
  const level = process.env['PUGMARK_TEST_LOG'];
  const logger = createLogger('test', { LOG_LEVEL: level ?? 'info', LOG_FORMAT: 'json' });
  if (level === undefined) logger.level = 'silent';
  return logger;
}
