export {
  createEngine,
  DEVICE_CHOICES,
  ENGINE_CHOICES,
  type DeviceChoice,
  type EngineChoice,
  type EngineOptions,
} from './engines/create-engine';
export { ENGINE_NAMES, type Engine, type EngineInfo, type EngineName } from './engines/engine';
export {
  BINDING_FILE,
  readTensorflowState,
  STATE_FILE,
  type TensorflowState,
} from './engines/tensorflow/installed-tensorflow';
export { BUILTIN_MODEL, builtinModelFolder } from './models/builtin-model';
export { draftManifest, type ManifestDraft } from './models/draft-manifest';
export { importModel, type ImportedModel } from './models/import-model';
export { parseManifest } from './models/parse-manifest';
export type { LoadedModel } from './models/loaded-model';
