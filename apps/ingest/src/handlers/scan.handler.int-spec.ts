import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  rmdirSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { ImageRepository, IngestRepository, TaskRepository, createDatabase, migrate, type Database } from '@pugmark/db';
import { PermanentError, RetryableError, type ClaimedTask } from '@pugmark/domain';
import { ImageStorage } from '@pugmark/storage';
import { createTestDatabase, itUnless, type TestDatabase } from '@pugmark/testing';
import { ScanHandler } from './scan.handler';

describe('ScanHandler', () => {
  let server: TestDatabase;
  let db: Database;
  let tasks: TaskRepository;
  let folder: string;
  let root: string;
  let storageDir: string;
  let jpeg: Buffer;
  let projects = 0;

  beforeAll(async () => {
    server = await createTestDatabase(migrate);
    db = createDatabase({ url: server.url, applicationName: 'test' });
    tasks = new TaskRepository(db);
    jpeg = await sharp({ create: { width: 64, height: 48, channels: 3, background: '#705030' } })
      .jpeg()
      .withExif({ IFD0: { Make: 'Reconyx', Model: 'HC500' }, IFD2: { DateTimeOriginal: '2024:03:31 02:30:00' } })
      .toBuffer();
  });

  afterAll(async () => {
    await db.destroy();
    await server.drop();
  });

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'pugmark-scan-'));
    folder = join(root, 'card');
    storageDir = join(root, 'storage');
    mkdirSync(folder);
  });

  afterEach(() => rmSync(root, { recursive: true, force: true, maxRetries: 3 }));

  const stores = () => ({ db, tasks, ingests: new IngestRepository(), images: new ImageRepository() });
  const handler = (batch = 4): ScanHandler =>
    new ScanHandler(stores(), new ImageStorage(storageDir), {
      roots: [folder],
      storageDir,
      concurrency: 2,
      batch,
      pixelLimit: 1_000_000,
      maxBytes: 10 * 2 ** 20,
    });
  const distinct = (n: number): Buffer => Buffer.concat([jpeg, Buffer.from(`image ${n}`)]);

  async function givenIngest(
    options: { source?: 'folder' | 'upload'; mode?: 'reference' | 'copy'; folder?: string; timezone?: string } = {},
  ): Promise<{ ingestId: number; task: ClaimedTask }> {
    const { id: projectId } = await db
      .insertInto('projects')
      .values({ name: `P${++projects}` })
      .returning('id')
      .executeTakeFirstOrThrow();
    const deployment =
      options.timezone === undefined
        ? null
        : await db
            .insertInto('deployments')
            .values({ project_id: projectId, name: 'D', timezone: options.timezone, clock_offset_seconds: 3600 })
            .returning('id')
            .executeTakeFirstOrThrow();
    const { id: modelId } = await db
      .insertInto('models')
      .values({ name: `m${projects}`, version: '1', licence: 'MIT', threshold: 0.2, manifest: '{}' })
      .returning('id')
      .executeTakeFirstOrThrow();
    const { id: runId } = await db
      .insertInto('runs')
      .values({ project_id: projectId, model_id: modelId })
      .returning('id')
      .executeTakeFirstOrThrow();
    const ingestId = await new IngestRepository().create(db, {
      project_id: projectId,
      deployment_id: deployment?.id ?? null,
      run_id: runId,
      source: options.source ?? 'folder',
      mode: options.mode ?? 'reference',
      folder: options.folder ?? folder,
    });
    const taskId = await db.transaction().execute((tx) => tasks.create(tx, { kind: 'scan', subjectId: ingestId }));
    const [task] = await tasks.claim('scan', [{ id: taskId, attempt: 1 }], 'test');
    if (task === undefined) throw new Error('not claimed');
    return { ingestId, task };
  }

  const context = {
    signalOf: () => new AbortController().signal,
    draining: new AbortController().signal,
    progress: () => undefined,
  };
  const files = (ingestId: number) =>
    db.selectFrom('ingest_files').selectAll().where('ingest_id', '=', ingestId).orderBy('path').execute();
  const images = (ingestId: number) =>
    db.selectFrom('images').selectAll().where('ingest_id', '=', ingestId).orderBy('file_path').execute();

  it('stores each image with its EXIF data and a detect task', async () => {
    mkdirSync(join(folder, '100RECNX'));
    writeFileSync(join(folder, '100RECNX', 'a.jpg'), jpeg);
    const { ingestId, task } = await givenIngest({ timezone: 'Europe/Berlin' });

    expect(await handler().handle([task], context)).toEqual([{ task, outcome: 'done', result: null }]);

    const [image] = await images(ingestId);
    expect(image).toMatchObject({
      file_path: '100RECNX/a.jpg',
      location: join(folder, '100RECNX', 'a.jpg'),
      format: 'jpeg',
      width: 64,
      height: 48,
      bytes: jpeg.length,
      camera_make: 'Reconyx',
      camera_model: 'HC500',
      captured_local: '2024-03-31T02:30:00',
      // The camera's clock is an hour slow: 03:30 summer time.
      captured_at: new Date('2024-03-31T01:30:00Z'),
    });
    const detect = await db
      .selectFrom('tasks')
      .selectAll()
      .where('kind', '=', 'detect')
      .where('subject_id', '=', image?.id ?? 0)
      .execute();
    expect(detect).toHaveLength(1);
  });

  it('leaves the time unknown without EXIF, or without a deployment that gives the zone', async () => {
    writeFileSync(
      join(folder, 'plain.png'),
      await sharp({ create: { width: 9, height: 9, channels: 3, background: 'red' } })
        .png()
        .toBuffer(),
    );
    writeFileSync(join(folder, 'timed.jpg'), jpeg);
    const { ingestId, task } = await givenIngest();
    await handler().handle([task], context);
    expect(
      (await images(ingestId)).map(({ file_path, captured_local, captured_at }) => [
        file_path,
        captured_local,
        captured_at,
      ]),
    ).toEqual([
      ['plain.png', null, null],
      ['timed.jpg', '2024-03-31T02:30:00', null],
    ]);
  });

  it('lists skipped files with a reason, and continues', async () => {
    writeFileSync(join(folder, 'a.jpg'), jpeg);
    writeFileSync(join(folder, 'b again.jpg'), jpeg);
    writeFileSync(join(folder, 'c.txt'), 'notes');
    writeFileSync(join(folder, 'd.jpg'), '');
    writeFileSync(
      join(folder, 'e.png'),
      await sharp({ create: { width: 2000, height: 2000, channels: 3, background: 'red' } })
        .png()
        .toBuffer(),
    );
    symlinkSync('/etc/passwd', join(folder, 'f.jpg'));
    const { ingestId, task } = await givenIngest();
    await handler(2).handle([task], context);
    // Which of two equal files comes first depends on the file system.
    const outcomes = Object.fromEntries(
      (await files(ingestId)).map(({ path, outcome, reason_code }) => [
        path,
        outcome === 'skipped' ? reason_code : 'image',
      ]),
    );
    expect(outcomes).toEqual({
      'a.jpg': 'image',
      'b again.jpg': 'image',
      'c.txt': 'not_an_image',
      'd.jpg': 'empty_file',
      'e.png': 'too_many_pixels',
      'f.jpg': 'symbolic_link',
    });
    expect(
      await db.selectFrom('ingests').selectAll().where('id', '=', ingestId).executeTakeFirstOrThrow(),
    ).toMatchObject({
      files_seen: 6,
      images_added: 1,
      duplicates: 1,
      skipped: 4,
      bytes_added: jpeg.length,
    });
    const duplicate = (await files(ingestId)).find(({ outcome }) => outcome === 'duplicate');
    expect(duplicate?.image_id).toBe((await images(ingestId))[0]?.id);
  });

  it('copies by content, identical to the original', async () => {
    writeFileSync(join(folder, 'a.jpg'), jpeg);
    const { ingestId, task } = await givenIngest({ mode: 'copy' });
    await handler().handle([task], context);
    const [image] = await images(ingestId);
    expect(image?.location).toContain(image?.sha256.toString('hex') ?? '?');
    expect(readFileSync(join(storageDir, image?.location ?? ''))).toEqual(jpeg);
  });

  it('resumes where it stopped, without duplicates', async () => {
    for (let n = 0; n < 10; n += 1) writeFileSync(join(folder, `${n}.jpg`), distinct(n));
    const { ingestId, task } = await givenIngest();
    const stopped = new AbortController();
    const interrupted = { ...context, signalOf: () => stopped.signal, progress: () => stopped.abort() };
    expect(await handler().handle([task], interrupted)).toMatchObject([
      { outcome: 'interrupted', code: 'interrupted' },
    ]);
    expect(await images(ingestId)).toHaveLength(4);

    expect(await handler().handle([task], context)).toMatchObject([{ outcome: 'done' }]);
    expect(await images(ingestId)).toHaveLength(10);
    expect(await files(ingestId)).toHaveLength(10);
    expect(
      await db.selectFrom('ingests').select('files_seen').where('id', '=', ingestId).executeTakeFirstOrThrow(),
    ).toEqual({ files_seen: 10 });
  });

  it('rolls back a step when another worker has taken the scan over', async () => {
    writeFileSync(join(folder, 'a.jpg'), jpeg);
    const { ingestId, task } = await givenIngest();
    await db.updateTable('tasks').set({ attempt: 2 }).where('id', '=', task.id).execute();
    await expect(handler().handle([task], context)).rejects.toMatchObject({ code: 'attempt_lost' });
    expect(await images(ingestId)).toEqual([]);
    expect(await files(ingestId)).toEqual([]);
  });

  it.each([
    ['a missing folder', () => join(folder, 'missing'), 'folder_missing'],
    ['a folder outside the allowed roots', () => tmpdir(), 'folder_not_allowed'],
    [
      'a link that leads outside',
      () => {
        symlinkSync(tmpdir(), join(folder, 'out'));
        return join(folder, 'out');
      },
      'folder_not_allowed',
    ],
  ])('refuses %s', async (_name, make, code) => {
    const { task } = await givenIngest({ folder: make() });
    await expect(handler().handle([task], context)).rejects.toMatchObject({ code });
  });

  describe('of an upload', () => {
    let upload: string;
    let ingestId: number;
    let task: ClaimedTask;
    beforeEach(async () => {
      upload = join(storageDir, 'uploads', 'card-7');
      mkdirSync(upload, { recursive: true });
      for (let n = 0; n < 6; n += 1) writeFileSync(join(upload, `${n}.jpg`), distinct(n));
      ({ ingestId, task } = await givenIngest({ source: 'upload', mode: 'copy', folder: upload }));
    });

    async function interrupt(): Promise<void> {
      const stopped = new AbortController();
      await handler().handle([task], { ...context, signalOf: () => stopped.signal, progress: () => stopped.abort() });
      expect(await images(ingestId)).toHaveLength(4);
    }

    it('removes the files once all are stored, and can be repeated when only its commit was lost', async () => {
      for (let time = 0; time < 2; time += 1) {
        expect(await handler().handle([task], context)).toMatchObject([{ outcome: 'done' }]);
        expect(existsSync(upload)).toBe(false);
        expect(await images(ingestId)).toHaveLength(6);
      }
    });

    it('keeps the files when one of them could not be read', async () => {
      await db
        .insertInto('ingest_files')
        .values({
          ingest_id: ingestId,
          path: '0.jpg',
          outcome: 'skipped',
          reason_code: 'io_error',
          reason: 'tried 3 times',
        })
        .execute();
      expect(await handler().handle([task], context)).toMatchObject([{ outcome: 'done' }]);
      expect(await images(ingestId)).toHaveLength(5);
      expect(existsSync(join(upload, '0.jpg'))).toBe(true);
    });

    it('finds it after the storage was moved', async () => {
      await db
        .updateTable('ingests')
        .set({ folder: '/where/it/was/uploads/card-7' })
        .where('id', '=', ingestId)
        .execute();
      await handler().handle([task], context);
      expect(await images(ingestId)).toHaveLength(6);
    });

    it('fails when the files are missing and none was ingested', async () => {
      rmSync(upload, { recursive: true });
      await expect(handler().handle([task], context)).rejects.toMatchObject({
        code: 'folder_missing',
        constructor: PermanentError,
      });
    });

    it('retries when the disk is not mounted, and resumes where it stopped', async () => {
      await interrupt();
      renameSync(storageDir, join(root, 'elsewhere'));
      mkdirSync(storageDir);
      await expect(handler().handle([task], context)).rejects.toMatchObject({
        code: 'folder_unavailable',
        constructor: RetryableError,
      });
      rmdirSync(storageDir);
      renameSync(join(root, 'elsewhere'), storageDir);
      await handler().handle([task], context);
      expect(await images(ingestId)).toHaveLength(6);
    });

    it('retries when the folder cannot be accessed, which does not mean that it is missing', async () => {
      await interrupt();
      rmSync(upload, { recursive: true });
      // An error that root gets too.
      symlinkSync(upload, upload);
      await expect(handler().handle([task], context)).rejects.toMatchObject({
        code: 'folder_unavailable',
        message: expect.stringContaining('ELOOP'),
        constructor: RetryableError,
      });
    });
  });

  it('lists files that are too large for an image without reading them, and ingests the others', async () => {
    for (let n = 0; n < 8; n += 1) {
      // Sparse: it takes no space on disk.
      writeFileSync(join(folder, `huge ${n}.tif`), Buffer.from('II*\0\x08\0\0\0'));
      truncateSync(join(folder, `huge ${n}.tif`), 1946 * 2 ** 20);
      writeFileSync(join(folder, `good ${n}.jpg`), distinct(n));
    }
    const { ingestId, task } = await givenIngest();
    const before = process.memoryUsage.rss();
    await handler().handle([task], context);
    expect(process.memoryUsage.rss() - before).toBeLessThan(300 * 2 ** 20);
    expect(await images(ingestId)).toHaveLength(8);
    const skipped = (await files(ingestId)).filter(({ outcome }) => outcome === 'skipped');
    expect(skipped.map(({ path }) => path)).toEqual(Array.from({ length: 8 }, (_, n) => `huge ${n}.tif`));
    for (const { reason_code, reason } of skipped) {
      expect(reason_code).toBe('file_too_large');
      expect(reason).toContain('1946 MiB, more than the 10 MiB of an image (setting IMAGE_MAX_BYTES)');
    }
  });

  it('stores no file from outside, although another program exchanges files for links all the time', async () => {
    const outside = join(root, 'secret.jpg');
    writeFileSync(outside, Buffer.concat([jpeg, Buffer.from('secret')]));
    const secret = createHash('sha256').update(readFileSync(outside)).digest('hex');
    writeFileSync(join(folder, 'a.jpg'), jpeg);
    const exchanging = spawn(
      'sh',
      [
        '-c',
        `while true; do ln -sf "${outside}" b; mv -f b a.jpg; printf x > c; cp "${join(folder, 'keep')}" c; mv -f c a.jpg; done`,
      ],
      { cwd: folder, stdio: 'ignore', detached: true },
    );
    writeFileSync(join(folder, 'keep'), jpeg);
    try {
      for (let n = 0; n < 40; n += 1) {
        const { ingestId, task } = await givenIngest({ mode: n % 2 === 0 ? 'copy' : 'reference' });
        await handler(1).handle([task], context);
        const hashes = (await images(ingestId)).map(({ sha256 }) => sha256.toString('hex'));
        expect(hashes).not.toContain(secret);
      }
    } finally {
      // With the command that it runs, which would still write.
      process.kill(-exchanging.pid!, 'SIGKILL');
      await once(exchanging, 'exit');
    }
  });

  // Root may read every folder.
  itUnless(
    process.getuid?.() === 0 ? 'root may read every file' : null,
    'lists an unreadable folder, and continues with the others',
    async () => {
      mkdirSync(join(folder, 'locked'));
      chmodSync(join(folder, 'locked'), 0);
      writeFileSync(join(folder, 'a.jpg'), jpeg);
      const { ingestId, task } = await givenIngest();
      await handler().handle([task], context);
      expect((await files(ingestId)).map(({ path, reason_code }) => [path, reason_code])).toEqual([
        ['a.jpg', null],
        ['locked', 'folder_unreadable'],
      ]);
    },
  );
});
