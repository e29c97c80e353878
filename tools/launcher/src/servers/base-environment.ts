/** The little that a private server needs of the user's environment; nothing that could redirect it. */
export function baseEnvironment(environment: NodeJS.ProcessEnv, home: string): Record<string, string> {
  return {
    PATH: [environment['PATH'], '/usr/local/bin', '/usr/bin', '/bin', '/usr/sbin', '/sbin'].filter(Boolean).join(':'),
    HOME: home,
    LC_ALL: 'C',
    TZ: 'UTC',
    ...(environment['TMPDIR'] ? { TMPDIR: environment['TMPDIR'] } : {}),
  };
}
