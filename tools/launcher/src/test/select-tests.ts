import { UsageError } from '@pugmark/toolkit';
import type { ServerKey } from '../servers/server-context';
import { dependenciesOf, JEST_SUITES, testFilesOf, type JestSuite, type Project } from './projects';

/** The files of one suite of one project. */
export interface SelectedTests {
  readonly project: Project;
  readonly suite: JestSuite;
  /** Below the workspace. */
  readonly files: readonly string[];
}

export interface TestFilter {
  /** Names (`@pugmark/tasks` or `tasks`) or folders (`libs/tasks`); empty: every project. */
  readonly projects: readonly string[];
  /** A regular expression that the path below the workspace must match. */
  readonly file: string | undefined;
}

/** The test files that match, by project and suite. Throws a UsageError when there are none. */
export function selectTests(projects: readonly Project[], { projects: names, file }: TestFilter): SelectedTests[] {
  const chosen = names.length === 0 ? projects : names.map((name) => requireProject(name, projects));
  const pattern = file === undefined ? null : parsePattern(file);
  const selected = chosen.flatMap((project) => {
    const files = testFilesOf(project);
    return (Object.keys(JEST_SUITES) as JestSuite[]).map((suite) => ({
      project,
      suite,
      files: files[suite].filter((path) => pattern === null || pattern.test(path)),
    }));
  });
  const found = selected.filter(({ files }) => files.length > 0);
  if (found.length === 0)
    throw new UsageError(
      `test: no test file ${file === undefined ? 'exists' : `matches '${file}'`}` +
        (names.length === 0 ? '' : ` in ${names.join(', ')}`),
    );
  return found;
}

function requireProject(name: string, projects: readonly Project[]): Project {
  const found = projects.find((project) => [project.name, project.name.split('/')[1], project.folder].includes(name));
  if (found === undefined)
    throw new UsageError(`test: no project '${name}'; projects: ${projects.map((each) => each.name).join(', ')}`);
  return found;
}

function parsePattern(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch {
    throw new UsageError(`test: --file '${text}' is not a regular expression`);
  }
}

const SERVER_LIBRARIES: Readonly<Record<ServerKey, string>> = {
  postgres: '@pugmark/db',
  rabbitmq: '@pugmark/broker',
  redis: '@pugmark/cache',
};
const TENSORFLOW_LIBRARY = '@pugmark/inference';

/** The servers that these tests talk to: those whose library the project or its tests use. */
export function serversNeededBy(selected: readonly SelectedTests[], projects: readonly Project[]): ServerKey[] {
  const used = librariesUsedBy(
    // Fault tests start servers of their own.
    selected.filter(({ suite }) => suite === 'integration' || suite === 'e2e'),
    projects,
  );
  return (Object.keys(SERVER_LIBRARIES) as ServerKey[]).filter((key) => used.has(SERVER_LIBRARIES[key]));
}

/** Whether some of these tests run models on the native engine. */
export function needsTensorflow(selected: readonly SelectedTests[], projects: readonly Project[]): boolean {
  const used = librariesUsedBy(
    selected.filter(({ suite }) => suite === 'integration' || suite === 'e2e'),
    projects,
  );
  return used.has(TENSORFLOW_LIBRARY);
}

function librariesUsedBy(selected: readonly SelectedTests[], projects: readonly Project[]): ReadonlySet<string> {
  return new Set(
    selected.flatMap(({ project, suite }) =>
      // End-to-end tests start every service.
      (suite === 'e2e' ? projects : dependenciesOf(project, projects, true)).map(({ name }) => name),
    ),
  );
}
