import { type CommandContext, parseOptions, formatTable } from '@pugmark/toolkit';
import { installTensorflow, tensorflowDir } from './install-tensorflow';

const USAGE = 'npm run tensorflow';

/** Reinstalls the native library: after a change of the machine, or to see why it fails. */
export async function tensorflowCommand(
  args: readonly string[],
  { root, log, environment, signal }: CommandContext,
): Promise<number> {
  parseOptions('tensorflow', USAGE, args, {});
  const state = await installTensorflow({ root, log, environment, signal, again: true });
  if (!state.installed) {
    log(`no native TensorFlow: ${state.problem}`);
    return 1;
  }
  log(
    `\n${formatTable([
      ['TensorFlow', state.version],
      ['built for', state.device === 'gpu' ? 'GPU' : 'processor'],
      ['NVIDIA cards', state.gpus.length === 0 ? 'none' : state.gpus.join('; ')],
      ['folder', tensorflowDir(root)],
      ...(state.gpuProblem === undefined ? [] : [['GPU not used because', state.gpuProblem] as const]),
    ])}`,
  );
  return 0;
}
