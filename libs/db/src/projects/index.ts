export { deleteProjectPart } from './delete-project';
export { findProjectOf, PROJECT_RESOURCES, type ProjectResource } from './find-project-of';
export { ProjectRepository, type ProjectRow, type ProjectSettings } from './project.repository';
