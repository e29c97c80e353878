import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** A project of the workspace. */
export interface Project {
  readonly name: string;
  /** Below the workspace: `libs/tasks`. */
  readonly folder: string;
  readonly path: string;
  readonly manifest: Manifest;
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly nx?: { readonly targets?: Readonly<Record<string, { readonly dependsOn?: readonly TargetDependency[] }>> };
}

type TargetDependency = string | { readonly projects?: readonly string[]; readonly target: string };

/** The suites that Jest runs, each with its Nx target. */
export const JEST_SUITES = { unit: 'test', integration: 'int-test', e2e: 'e2e', faults: 'fault-test' } as const;
export type JestSuite = keyof typeof JEST_SUITES;

/** Every project below apps, libs and tools, by folder. */
export function findProjects(root: string): readonly Project[] {
  return ['apps', 'libs', 'tools'].flatMap((parent) =>
    readdirSync(join(root, parent))
      .sort()
      .map((name) => ({ folder: `${parent}/${name}`, path: join(root, parent, name) }))
      .filter(({ path }) => existsSync(join(path, 'package.json')))
      .map((place) => {
        const manifest = JSON.parse(readFileSync(join(place.path, 'package.json'), 'utf8')) as Manifest;
        return { ...place, name: (manifest as { name: string }).name, manifest };
      }),
  );
}

/** The test files of a project by suite, as paths below the workspace. */
export function testFilesOf({ folder, path }: Project): Readonly<Record<JestSuite, readonly string[]>> {
  const files: Record<JestSuite, string[]> = { unit: [], integration: [], e2e: [], faults: [] };
  const sources = join(path, 'src');
  if (!existsSync(sources)) return files;
  for (const name of readdirSync(sources, { recursive: true, encoding: 'utf8' }).sort()) {
    const suite = suiteOf(name);
    if (suite !== null) files[suite].push(`${folder}/src/${name}`);
  }
  return files;
}

function suiteOf(file: string): JestSuite | null {
  if (file.endsWith('.int-spec.ts')) return 'integration';
  if (file.endsWith('.e2e-spec.ts')) return basename(file).startsWith('faults.') ? 'faults' : 'e2e';
  return file.endsWith('.spec.ts') ? 'unit' : null;
}

/** Mismatches of Nx targets and test files: such tests would never run. Empty if there are none. */
export function missingTargets(projects: readonly Project[]): string[] {
  return projects.flatMap((project) => {
    const files = testFilesOf(project);
    const targets = project.manifest.nx?.targets ?? {};
    return (Object.keys(JEST_SUITES) as JestSuite[])
      .filter((suite) => files[suite].length > 0 && !Object.hasOwn(targets, JEST_SUITES[suite]))
      .map((suite) => `${project.folder}/package.json lacks the Nx target ${JEST_SUITES[suite]}`);
  });
}

/** The projects that a project's code uses, itself included; `withTests` adds what only its tests use. */
export function dependenciesOf(project: Project, projects: readonly Project[], withTests: boolean): readonly Project[] {
  const found = new Set<Project>();
  const visit = (each: Project | undefined, names: (each: Project) => string[]): void => {
    if (each === undefined || (found.has(each) && each !== project)) return;
    found.add(each);
    for (const name of names(each))
      visit(
        projects.find((other) => other.name === name && other !== project),
        runtimeNames,
      );
  };
  const runtimeNames = ({ manifest }: Project): string[] => Object.keys(manifest.dependencies ?? {});
  visit(project, (own) => [
    ...runtimeNames(own),
    ...(withTests ? Object.keys(own.manifest.devDependencies ?? {}) : []),
  ]);
  return [...found];
}

/** Folders of the projects whose bundles a suite of this project needs. */
export function bundlesNeededBy(project: Project, suite: JestSuite, projects: readonly Project[]): readonly string[] {
  const dependsOn = project.manifest.nx?.targets?.[JEST_SUITES[suite]]?.dependsOn ?? [];
  return dependsOn.flatMap((dependency) => {
    if (dependency === 'build') return [project.folder];
    if (typeof dependency === 'string' || dependency.target !== 'build') return [];
    return projects.filter(({ name }) => dependency.projects?.includes(name)).map(({ folder }) => folder);
  });
}
