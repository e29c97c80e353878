export { ModelRepository, type ClassifySettings, type ModelRow, type RunModels } from './model.repository';
