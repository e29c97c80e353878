// Boundaries first (house rules: app → adapter → domain; each outside technology lives in one library), then correctness.
import js from '@eslint/js';
import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';

/** Which layer may import which; `npm` is the list of outside packages that a layer or adapter may name. */
const boundaries = [
  {
    sourceTag: 'layer:contracts',
    onlyDependOnLibsWithTags: ['layer:contracts'],
    allowedExternalImports: ['class-validator', 'class-transformer'],
  },
  {
    sourceTag: 'layer:domain',
    onlyDependOnLibsWithTags: ['layer:contracts', 'layer:domain'],
    allowedExternalImports: [],
  },
  {
    sourceTag: 'layer:platform',
    onlyDependOnLibsWithTags: ['layer:domain', 'layer:platform'],
    allowedExternalImports: [
      'class-validator',
      'class-transformer',
      'reflect-metadata',
      'pino',
      'pino-pretty',
      'prom-client',
    ],
  },
  {
    sourceTag: 'layer:tasks',
    onlyDependOnLibsWithTags: ['layer:contracts', 'layer:domain', 'layer:platform'],
    allowedExternalImports: [],
  },
  { sourceTag: 'layer:adapter', onlyDependOnLibsWithTags: ['layer:contracts', 'layer:domain', 'layer:platform'] },
  {
    sourceTag: 'layer:service',
    onlyDependOnLibsWithTags: ['layer:contracts', 'layer:domain', 'layer:platform', 'layer:tasks', 'layer:adapter'],
    allowedExternalImports: [],
  },
  { sourceTag: 'adapter:db', allowedExternalImports: ['kysely', 'pg', 'lru-cache'] },
  {
    sourceTag: 'adapter:broker',
    allowedExternalImports: ['amqplib', 'class-validator', 'class-transformer', 'reflect-metadata'],
  },
  { sourceTag: 'adapter:cache', allowedExternalImports: ['ioredis', 'rate-limiter-flexible'] },
  { sourceTag: 'adapter:storage', allowedExternalImports: [] },
  { sourceTag: 'adapter:images', allowedExternalImports: ['sharp', 'exif-reader'] },
  { sourceTag: 'adapter:inference', allowedExternalImports: ['@tensorflow/*', '@vladmandic/human', 'lru-cache'] },
  { sourceTag: 'layer:client', onlyDependOnLibsWithTags: [], allowedExternalImports: ['openapi-fetch'] },
  {
    sourceTag: 'layer:testing',
    onlyDependOnLibsWithTags: ['layer:platform', 'layer:testing'],
    allowedExternalImports: ['pg'],
  },
  {
    sourceTag: 'layer:app',
    onlyDependOnLibsWithTags: [
      'layer:contracts',
      'layer:domain',
      'layer:platform',
      'layer:tasks',
      'layer:adapter',
      'layer:service',
      'layer:client',
    ],
    allowedExternalImports: [
      'express',
      'busboy',
      'csv-parse/sync',
      'csv-stringify/sync',
      'lru-cache',
      'p-limit',
      'yauzl',
      'class-validator',
      'class-transformer',
      'swagger-ui-dist/*',
    ],
  },
  { sourceTag: 'layer:tool', onlyDependOnLibsWithTags: ['*'] },
];

/** Tests may reach further: they need servers, other adapters to stand in, and outside clients to break things with. */
const testBoundaries = [{ sourceTag: '*', onlyDependOnLibsWithTags: ['*'] }];

const boundaryRule = (depConstraints) => ({
  '@nx/enforce-module-boundaries': [
    'error',
    { enforceBuildableLibDependency: false, allowCircularSelfDependency: false, depConstraints },
  ],
});

// Linting the whole workspace takes a quarter of the time with one program than with one per project.
const TYPE_INFORMATION =
  process.env.LINT_WORKSPACE === '1' ? { project: './tsconfig.lint.json' } : { projectService: true };

export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', '.pugmark/**', '.nx/**', 'libs/client/src/generated/**'] },
  js.configs.recommended,
  ...tseslint.configs.recommended,
  { plugins: { '@nx': nx } },
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { ...TYPE_INFORMATION, tsconfigRootDir: import.meta.dirname } },
    rules: {
      ...boundaryRule(boundaries),
      // The rejection of a promise that is not awaited would be lost.
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': [
        'error',
        { checksVoidReturn: { arguments: false, attributes: false } },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      // Express recognizes an error handler by its four parameters.
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/no-empty-function': 'off',
      'no-restricted-syntax': ['error', { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' }],
      // Prettier wraps code; this finds comments and other lines that it leaves alone.
      'max-len': [
        'error',
        { code: 120, ignoreUrls: true, ignoreStrings: true, ignoreTemplateLiterals: true, ignoreRegExpLiterals: true },
      ],
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
    },
  },
  {
    files: ['**/*.spec.ts', '**/*.int-spec.ts', '**/*.e2e-spec.ts', '**/*fixture*.ts'],
    rules: { ...boundaryRule(testBoundaries), 'max-lines': 'off' },
  },
  {
    files: ['apps/*/src/**/*.ts', 'libs/*/src/**/*.ts'],
    ignores: ['**/main.ts', '**/*.child.ts', '**/*.spec.ts', '**/*.int-spec.ts', 'libs/testing/**'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Settings are read in config.ts, from main.ts.' },
      ],
    },
  },
  {
    files: ['libs/client/src/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ group: ['node:*'], message: 'The client runs in browsers, too.' }] },
      ],
      'no-restricted-globals': [
        'error',
        'process',
        'Buffer',
        'require',
        'global',
        '__dirname',
        '__filename',
        'setImmediate',
      ],
    },
  },
  {
    files: ['**/*.mjs', '**/*.cjs'],
    languageOptions: {
      globals: {
        console: 'readonly',
        process: 'readonly',
        require: 'readonly',
        module: 'readonly',
        __dirname: 'readonly',
        Buffer: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
        URL: 'readonly',
        fetch: 'readonly',
        AbortSignal: 'readonly',
      },
    },
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
);
