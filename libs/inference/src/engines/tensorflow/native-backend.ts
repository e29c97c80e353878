import { createRequire } from 'node:module';
import { join } from 'node:path';
import util from 'node:util';
import { findBackend, registerBackend, setBackend } from '@tensorflow/tfjs-core';
import type { NodeJSKernelBackend } from '@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend';
import type { TFJSBinding } from '@tensorflow/tfjs-node-gpu/dist/tfjs_binding';
import { FatalError, messageOf } from '@pugmark/domain';
import { BINDING_FILE } from './installed-tensorflow';

const NAME = 'tensorflow';

/**
 * Loads TensorFlow.js's native backend with the binding in `folder`, and makes it the current one. Bypasses the
 * package's main module, which searches a binding only within itself. Throws FatalError `engine_unavailable` when the
 * library cannot be loaded.
 */
export async function nativeBackend(
  folder: string,
): Promise<{ readonly backend: NodeJSKernelBackend; readonly version: string }> {
  // Removed in Node 23, but still called by the older package.
  const old = util as unknown as Record<string, unknown>;
  old['isNullOrUndefined'] ??= (value: unknown) => value === null || value === undefined;
  const binding = load(join(folder, BINDING_FILE));
  const { NodeJSKernelBackend } = await import('@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js');
  await import('@tensorflow/tfjs-node-gpu/dist/register_all_kernels.js');
  if (findBackend(NAME) === null)
    registerBackend(NAME, () => new NodeJSKernelBackend(binding, '@tensorflow/tfjs-node-gpu'), 3);
  if (!(await setBackend(NAME)))
    throw new FatalError('engine_unavailable', 'TensorFlow.js could not start its native backend');
  return {
    backend: findBackend(NAME) as NodeJSKernelBackend,
    version: (binding as unknown as { TF_Version: string }).TF_Version,
  };
}

function load(path: string): TFJSBinding {
  try {
    return createRequire(__filename)(path) as TFJSBinding;
  } catch (error) {
    throw new FatalError('engine_unavailable', `the native library does not load: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
