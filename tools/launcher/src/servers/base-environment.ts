/** The few variables of the user's environment that a private server needs; none that could redirect it. */
export function baseEnvironment(environment: NodeJS.ProcessEnv, home: string): Record<string, string> {
  return {
    PATH: [environment['PATH'], '/usr/local/bin', '/usr/bin', '/bin', '/usr/sbin', '/sbin'].filter(Boolean).join(':'),
    HOME: home,
    LC_ALL: 'C',
    TZ: 'UTC',
    ...(environment['TMPDIR'] ? { TMPDIR: environment['TMPDIR'] } : {}),
  };
}
