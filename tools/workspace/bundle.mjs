// Bundles the project in the current folder: every `main.ts` and `*.child.ts` below src becomes a file of dist/bundle.
// Workspace libraries are bundled in; npm packages stay external and are loaded from node_modules.
import { build } from 'esbuild';
import { rmSync } from 'node:fs';
import { relative } from 'node:path';
import { entryPointsOf, filesBelow, writeBundleInputs } from './bundle-inputs.mjs';

const entryPoints = entryPointsOf(process.cwd());
if (entryPoints.length === 0) throw new Error(`nothing to bundle in ${process.cwd()}: no main.ts or *.child.ts in src`);

const { metafile } = await build({
  entryPoints,
  outdir: 'dist/bundle',
  outbase: 'src',
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  sourcemap: true,
  metafile: true,
  logLevel: 'warning',
  plugins: [
    {
      name: 'external-npm-packages',
      setup(b) {
        // The entry points have the form of package names, too ('src/main.ts').
        b.onResolve({ filter: /^[^./]/ }, (args) =>
          args.kind === 'entry-point' || args.path.startsWith('@pugmark/')
            ? undefined
            : { path: args.path, external: true },
        );
      },
    },
  ],
});
// Of entry points that were moved or removed.
for (const file of filesBelow('dist/bundle')) if (metafile.outputs[file] === undefined) rmSync(file);
writeBundleInputs(process.cwd(), Object.keys(metafile.inputs));
console.log(`bundled ${entryPoints.map((entry) => relative(process.cwd(), entry)).join(', ')}`);
