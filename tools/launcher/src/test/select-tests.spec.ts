import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { bundlesNeededBy, findProjects, missingTargets } from './projects';
import { needsTensorflow, selectTests, serversNeededBy } from './select-tests';

describe('tests of a workspace', () => {
  let root: string;

  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'pugmark-select-'));
    const write = (path: string, content = ''): void => {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), content);
    };
    const project = (folder: string, manifest: object): void =>
      write(`${folder}/package.json`, JSON.stringify({ name: `@pugmark/${folder.split('/')[1]}`, ...manifest }));
    project('apps/worker', {
      dependencies: { '@pugmark/tasks': '*', '@pugmark/inference': '*' },
      devDependencies: { '@pugmark/cache': '*' },
      nx: { targets: { 'int-test': { dependsOn: ['build'] } } },
    });
    project('libs/tasks', { devDependencies: { '@pugmark/db': '*', '@pugmark/broker': '*' }, nx: { targets: {} } });
    for (const name of ['db', 'broker', 'cache', 'inference']) project(`libs/${name}`, {});
    project('tools/bench', {});
    write('libs/tasks/src/leases.spec.ts');
    write('libs/tasks/src/worker/task-worker.int-spec.ts');
    write('apps/worker/src/worker.int-spec.ts');
  });
  afterAll(() => rmSync(root, { recursive: true }));

  it('are those of the named projects, by suite', () => {
    const selected = selectTests(findProjects(root), { projects: ['@pugmark/tasks'], file: undefined });
    expect(selected.map(({ suite, files }) => [suite, files])).toEqual([
      ['unit', ['libs/tasks/src/leases.spec.ts']],
      ['integration', ['libs/tasks/src/worker/task-worker.int-spec.ts']],
    ]);
  });

  it('are those whose path matches', () => {
    const selected = selectTests(findProjects(root), { projects: [], file: 'worker' });
    expect(selected.map(({ project, suite }) => [project.folder, suite])).toEqual([
      ['apps/worker', 'integration'],
      ['libs/tasks', 'integration'],
    ]);
  });

  it.each([
    [{ projects: ['unknown'], file: undefined }, "no project 'unknown'"],
    [{ projects: ['libs/tasks'], file: 'absent' }, "no test file matches 'absent' in libs/tasks"],
    [{ projects: [], file: '(' }, 'not a regular expression'],
  ])('cannot be selected by %j', (filter, message) => {
    expect(() => selectTests(findProjects(root), filter)).toThrow(message);
  });

  it('need only the servers whose libraries they use', () => {
    const projects = findProjects(root);
    const select = (project: string, file?: string) => selectTests(projects, { projects: [project], file });
    expect(serversNeededBy(select('tasks'), projects)).toEqual(['postgres', 'rabbitmq']);
    expect(serversNeededBy(select('tasks', 'leases'), projects)).toEqual([]);
    // Through a dependency, only what it uses at run time.
    expect(serversNeededBy(select('worker'), projects)).toEqual(['redis']);
    expect(needsTensorflow(select('worker'), projects)).toBe(true);
    expect(needsTensorflow(select('tasks'), projects)).toBe(false);
  });

  it('need the bundles that their Nx target depends on', () => {
    const projects = findProjects(root);
    const worker = projects.find(({ folder }) => folder === 'apps/worker')!;
    expect(bundlesNeededBy(worker, 'integration', projects)).toEqual(['apps/worker']);
    expect(bundlesNeededBy(worker, 'unit', projects)).toEqual([]);
  });

  it('are reported when no Nx target runs them', () => {
    expect(missingTargets(findProjects(root))).toEqual([
      'libs/tasks/package.json lacks the Nx target test',
      'libs/tasks/package.json lacks the Nx target int-test',
    ]);
  });
});
