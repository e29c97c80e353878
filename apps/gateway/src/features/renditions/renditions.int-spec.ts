import { createHash } from 'node:crypto';
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { get as httpGet, type IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import sharp from 'sharp';
import { RetryableError } from '@pugmark/domain';
import { renderImage, type RenderOptions } from '@pugmark/images';
import { ImageStorage } from '@pugmark/storage';
import { TestGateway, animal, newImage } from '../../testing/gateway.fixture';

describe('renditions', () => {
  let gateway: TestGateway;
  let projectId: number;
  let rendered = 0;
  let renderer: (path: string, options: RenderOptions) => Promise<Buffer> = renderImage;
  beforeAll(async () => {
    gateway = await TestGateway.start({
      renderer: {
        render: (path, options) => {
          rendered += 1;
          return renderer(path, options);
        },
      },
    });
    projectId = await gateway.project();
  });
  afterEach(() => {
    renderer = renderImage;
  });
  afterAll(() => gateway.stop());

  const noise = (width: number, height: number) =>
    sharp({
      create: { width, height, channels: 3, background: 'grey', noise: { type: 'gaussian', mean: 128, sigma: 40 } },
    })
      .jpeg()
      .toBuffer();

  /** Records the options of all further renderings. */
  function recorded(): RenderOptions[] {
    const renderedWith: RenderOptions[] = [];
    renderer = (path, options) => {
      renderedWith.push(options);
      return renderImage(path, options);
    };
    return renderedWith;
  }

  interface Answer {
    readonly status: number | undefined;
    readonly headers: IncomingHttpHeaders;
    readonly body: Buffer;
  }

  /** Raw bytes, without headers that fetch would add. */
  function fetchBytes(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return new Promise((resolve, reject) => {
      httpGet(
        gateway.url + path,
        { headers: { authorization: `Bearer ${gateway.adminKey}`, ...headers }, agent: false, timeout: 15_000 },
        (answer) => {
          const chunks: Buffer[] = [];
          answer
            .on('data', (chunk: Buffer) => chunks.push(chunk))
            .on('end', () =>
              resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(chunks) }),
            );
        },
      ).on('error', reject);
    });
  }

  async function given(
    content: Buffer,
    { mode = 'reference', name = 'IMG_0001.JPG' }: { mode?: 'reference' | 'copy'; name?: string } = {},
  ): Promise<{ id: number; path: string; sha256: string }> {
    const sha256 = createHash('sha256').update(content).digest('hex');
    const folder = join(gateway.folder, 'cards', sha256.slice(0, 8));
    await mkdir(folder, { recursive: true });
    const path = join(folder, 'picture.jpg');
    await writeFile(path, content);
    const location =
      mode === 'copy' ? await new ImageStorage(join(gateway.folder, 'storage')).storeImage(path, sha256, 'jpeg') : path;
    const { ingestId } = await gateway.images(projectId, []);
    const added = await gateway.db
      .transaction()
      .execute((tx) =>
        gateway.repositories.images.insertNew(tx, { projectId, deploymentId: null, ingestId, mode }, [
          { ...newImage(name, null), sha256: Buffer.from(sha256, 'hex'), bytes: content.length, location },
        ]),
      );
    return { id: added.get(sha256)!, path, sha256 };
  }

  it.each(['reference', 'copy'] as const)('sends the original file whole, in part, or not again (%s)', async (mode) => {
    const content = await noise(64, 48);
    const { id, sha256 } = await given(content, { mode });
    const whole = await fetchBytes(`/images/${id}/original`);
    expect(whole).toMatchObject({
      status: 200,
      headers: {
        'content-type': 'image/jpeg',
        etag: `"${sha256}"`,
        'accept-ranges': 'bytes',
        'content-disposition': 'inline; filename=IMG_0001.JPG',
        'x-content-type-options': 'nosniff',
      },
    });
    expect(whole.body).toEqual(content);
    const part = await fetchBytes(`/images/${id}/original`, { range: 'bytes=10-19', 'if-range': `"${sha256}"` });
    expect(part).toMatchObject({ status: 206, headers: { 'content-range': `bytes 10-19/${content.length}` } });
    expect(part.body).toEqual(content.subarray(10, 20));
    expect((await fetchBytes(`/images/${id}/original`, { 'if-none-match': `"${sha256}"` })).status).toBe(304);
    expect((await fetchBytes(`/images/${id}/original`, { range: 'bytes=99999999-' })).status).toBe(416);
  });

  it.each([
    [
      'card/Bär "1"\r\nx-evil: 1.jpg',
      /^attachment; filename="[^"\r\n]*\.jpg"; filename\*=UTF-8''B%C3%A4r[^\r\n]*\.jpg$/,
    ],
    ['a/b/c.jpg', /^attachment; filename=c\.jpg$/],
  ])('names the download %j', async (name, header) => {
    const { id } = await given(await noise(16, 16), { name });
    const { headers } = await fetchBytes(`/images/${id}/original?download=true`);
    expect(headers['content-disposition']).toMatch(header);
    expect(headers).not.toHaveProperty('x-evil');
  });

  it('renders a thumbnail and a preview once, and keeps them', async () => {
    const { id } = await given(await noise(2000, 1000));
    rendered = 0;
    for (const [name, width, height] of [
      ['thumbnail', 320, 160],
      ['preview', 1280, 640],
    ] as const) {
      const answers = await Promise.all([1, 2, 3].map(() => fetchBytes(`/images/${id}/${name}`)));
      for (const answer of [...answers, await fetchBytes(`/images/${id}/${name}`)]) {
        expect(answer).toMatchObject({
          status: 200,
          headers: { 'content-type': 'image/jpeg', 'cache-control': 'private, no-cache' },
        });
        expect(await sharp(answer.body).metadata()).toMatchObject({ format: 'jpeg', width, height });
      }
      const etag = String(answers[0]!.headers.etag);
      expect((await fetchBytes(`/images/${id}/${name}`, { 'if-none-match': etag })).status).toBe(304);
    }
    expect(rendered).toBe(2);
  });

  it('draws the effective boxes, and blurs every person that a model may have seen', async () => {
    const { id } = await given(await noise(640, 480));
    const renderedWith = recorded();
    const person = { x: 0.1, y: 0.1, width: 0.2, height: 0.5 };
    const plain = await fetchBytes(`/images/${id}/thumbnail?boxes=true`);
    await gateway.detections(id, (await gateway.model()).id, [
      animal(0.75),
      { category: 'person', label: 'person', confidence: 0.12, box: person },
    ]);
    const answers = await Promise.all(
      ['boxes=true', 'boxes=true&minConfidence=0.1', 'blurPeople=true', 'boxes=false'].map((query) =>
        fetchBytes(`/images/${id}/thumbnail?${query}`),
      ),
    );
    const near = (box: typeof person) =>
      expect.objectContaining({ x: expect.closeTo(box.x), y: expect.closeTo(box.y) });
    const of = (boxes: number, blurred: number) =>
      renderedWith.find((options) => options.boxes.length === boxes && options.boxesToBlur.length === blurred);
    expect(of(1, 0)?.boxes[0]).toMatchObject({ category: 'animal' });
    expect(of(2, 0)?.boxes.map(({ category }) => category)).toEqual(['animal', 'person']);
    expect(of(0, 1)?.boxesToBlur).toEqual([near(person)]);
    // Later results give another image with another ETag; without boxes it is the first one again.
    expect(new Set(answers.map(({ headers }) => headers.etag)).size).toBe(4);
    expect(answers[3]!.headers.etag).toBe(plain.headers.etag);
  });

  it('draws and blurs by the person’s annotation, and between two models by the later inference', async () => {
    const { id } = await given(await noise(321, 241));
    const renderedWith = recorded();
    const [first, last] = [await gateway.model(), await gateway.model({ version: 'last' })];
    const at = (x: number) => ({ x, y: 0.1, width: 0.1, height: 0.2 });
    const person = (x: number) => ({ category: 'person' as const, label: 'person', confidence: 0.9, box: at(x) });
    await gateway.detections(id, first.id, [person(0.1)]);
    await gateway.detections(id, last.id, [person(0.3), { ...animal(0.8), box: at(0.5) }]);
    const drawn = async (query: string) => {
      renderedWith.length = 0;
      expect((await fetchBytes(`/images/${id}/thumbnail?${query}`)).status).toBe(200);
      const left = ({ x }: { x: number }) => Math.round(x * 10) / 10;
      return {
        boxes: renderedWith[0]?.boxes.map(({ box, category }) => `${category} ${left(box)}`),
        blurred: renderedWith[0]?.boxesToBlur.map(left),
      };
    };
    expect(await drawn('boxes=true')).toMatchObject({ boxes: ['person 0.3', 'animal 0.5'] });
    expect(await drawn('boxes=true&minConfidence=0.85')).toMatchObject({ boxes: ['person 0.3'] });
    expect((await drawn('blurPeople=true')).blurred?.sort()).toEqual([0.1, 0.3]);

    const { body } = await gateway.get(`/images/${id}/review`);
    const [{ detectionId: taken }] = (body as { observations: [{ detectionId: number }] }).observations;
    const say = async (...observations: object[]) =>
      expect((await gateway.put(`/images/${id}/review`, { observations })).status).toBe(200);
    await say({ category: 'animal', detectionId: taken }, { category: 'person', box: at(0.7) });
    expect(await drawn('boxes=true&minConfidence=0.1')).toMatchObject({ boxes: ['animal 0.3', 'person 0.7'] });
    expect((await drawn('blurPeople=true')).blurred?.sort()).toEqual([0.1, 0.7]);
    // Without a box.
    await say({ category: 'person' });
    expect((await drawn('blurPeople=true&boxes=true')).blurred?.sort()).toEqual([0, 0.1, 0.3]);
    await say();
    expect(await drawn('boxes=true')).toEqual({ boxes: [], blurred: [] });
  });

  it('draws no static detection, and blurs a person in it all the same', async () => {
    const { id } = await given(await noise(320, 240));
    const deploymentId = await gateway.deployment(projectId);
    await gateway.patch(`/images/${id}`, { deploymentId });
    const model = (await gateway.model()).id;
    const { ids } = await gateway.images(
      projectId,
      Array.from({ length: 19 }, (_, n) => `${n}.jpg`),
      { deploymentId },
    );
    const still = { ...animal(0.9), category: 'person' as const, label: 'person' };
    for (const image of ids) await gateway.detections(image, model, [still]);
    await gateway.detections(id, model, [still, { ...animal(0.8), box: { x: 0, y: 0, width: 0.1, height: 0.1 } }]);
    const renderedWith = recorded();
    expect((await gateway.post(`/deployments/${deploymentId}/static-detections/find`)).body).toMatchObject({
      staticDetections: 1,
    });
    await fetchBytes(`/images/${id}/thumbnail?boxes=true&blurPeople=true`);
    expect(renderedWith).toMatchObject([{ boxes: [{ category: 'animal' }], boxesToBlur: [{ x: 0.25, width: 0.5 }] }]);
  });

  it('reports a missing or replaced file without disclosing its path', async () => {
    const [removed, changed, moved] = [
      await given(await noise(31, 31)),
      await given(await noise(32, 32)),
      await given(await noise(33, 33)),
    ];
    await rm(removed.path);
    await writeFile(changed.path, 'another file');
    await rename(moved.path, join(gateway.folder, 'outside.jpg'));
    await symlink(join(gateway.folder, 'outside.jpg'), moved.path);
    for (const [{ id, path }, code] of [
      [removed, 'file_missing'],
      [changed, 'file_changed'],
      [moved, 'folder_not_allowed'],
    ] as const) {
      for (const name of ['original', 'thumbnail']) {
        const answer = await gateway.get(`/images/${id}/${name}`);
        expect(answer).toMatchObject({ status: 410, body: { type: `urn:pugmark:problem:${code}` } });
        expect(JSON.stringify(answer.body)).not.toContain(path.split('/')[2]);
        expect(answer.headers.get('etag')).toBeNull();
      }
    }
  });

  it('answers 422 for an unreadable image and 503 while too many wait, and keeps nothing of either', async () => {
    const damaged = await given(Buffer.from('\xff\xd8\xff and then no image data', 'latin1'));
    const answer = await gateway.get(`/images/${damaged.id}/thumbnail`);
    expect(answer).toMatchObject({ status: 422, body: { type: 'urn:pugmark:problem:not_an_image' } });
    const { id } = await given(await noise(40, 40));
    renderer = () => Promise.reject(new RetryableError('busy', 'too many images are waiting'));
    const busy = await gateway.get(`/images/${id}/thumbnail`);
    expect(busy.status).toBe(503);
    expect(busy.headers.get('retry-after')).toBe('5');
    renderer = renderImage;
    expect((await fetchBytes(`/images/${id}/thumbnail`)).status).toBe(200);
  });

  it.each(['original?size=5', 'thumbnail?boxes=yes', 'preview?minConfidence=2', 'thumbnail?width=5000'])(
    'refuses %s',
    async (path) => {
      const { id } = await given(await noise(16, 16));
      expect((await gateway.get(`/images/${id}/${path}`)).status).toBe(400);
    },
  );

  it('answers 404 for a missing image', async () => {
    for (const name of ['original', 'thumbnail', 'preview'])
      expect((await gateway.get(`/images/999999/${name}`)).status).toBe(404);
  });
});
