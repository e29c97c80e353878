import { createServer, type AddressInfo } from 'node:net';
import { isPortFree, Ports } from './ports';

const sequence =
  (...values: number[]): (() => number) =>
  () =>
    values.shift() ?? 0.999;

it('keeps the remembered port while it is free', async () => {
  const onTaken = jest.fn();
  await expect(new Ports(async () => true).keep(20_500, onTaken)).resolves.toBe(20_500);
  expect(onTaken).not.toHaveBeenCalled();
});

it('picks another port when the remembered one is taken, and reports the change', async () => {
  const onTaken = jest.fn();
  const ports = new Ports(async (port) => port !== 20_500, sequence(0.5));
  await expect(ports.keep(20_500, onTaken)).resolves.toBe(26_000);
  expect(onTaken).toHaveBeenCalledWith(20_500, 26_000);
});

it('never returns a port twice', async () => {
  const ports = new Ports(async () => true, sequence(0, 0, 0.5));
  await expect(ports.pick()).resolves.toBe(20_000);
  await expect(ports.pick()).resolves.toBe(26_000);
});

it('throws when no port is free', async () => {
  await expect(new Ports(async () => false).pick()).rejects.toThrow('no free port found');
});

it('detects that a port is taken', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await expect(isPortFree(port)).resolves.toBe(false);
  await new Promise((resolve) => server.close(resolve));
  await expect(isPortFree(port)).resolves.toBe(true);
});
