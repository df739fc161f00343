import assert from 'node:assert/strict';
import test from 'node:test';
import { replicate } from './client.mjs';

const [owner, name] = ['lorahub', 'npm-app'];

const prompt = { prompt: 'teach [ dog ]' };

const settings = async (model) => {
  const [modelOwner, modelName] = model.split('/');
  const { latest_version } = await replicate.models.get(modelOwner, modelName);
  return { model, version: latest_version.id, hardware: (await replicate.hardware.list())[0].sku, min_instances: 1, max_instances: 2 };
};

test('a deployment is created, got, listed, called, updated and deleted', async () => {
  const given = await settings('lorahub/colors');
  const created = await replicate.deployments.create({ name, ...given });

  assert.deepEqual([created.owner, created.name, created.current_release.number], [owner, name, 1]);
  assert.equal(created.current_release.version, given.version);
  assert.deepEqual(created.current_release.configuration, { hardware: given.hardware, min_instances: 1, max_instances: 2 });
  assert.deepEqual(await replicate.deployments.get(owner, name), created);
  assert.deepEqual((await replicate.deployments.list()).results.map((deployment) => deployment.name), ['lorahub', name]);

  const prediction = await replicate.deployments.predictions.create(owner, name, { input: prompt, wait: true });
  assert.deepEqual([prediction.status, prediction.deployment, prediction.version], ['succeeded', `${owner}/${name}`, given.version]);
  assert.equal(prediction.output.join(''), 'TEACH [ DOG ]');

  const updated = await replicate.deployments.update(owner, name, { min_instances: 0, max_instances: 5 });
  assert.equal(updated.current_release.number, 2);
  assert.deepEqual(updated.current_release.configuration, { hardware: given.hardware, min_instances: 0, max_instances: 5 });

  assert.equal(await replicate.deployments.delete(owner, name), true);
  await assert.rejects(replicate.deployments.get(owner, name), (error) => error.response.status === 404);
});

test('what is wrong with a deployment is said', async () => {
  const given = await settings('lorahub/colors');
  await assert.rejects(
    replicate.deployments.create({ name, ...given, max_instances: 100 }),
    (error) => error.response.status === 422 && error.message.includes('max_instances must be an integer from 0 to 20'));
  await assert.rejects(
    replicate.deployments.create({ name, ...given, version: '0'.repeat(64) }),
    (error) => error.response.status === 422 && error.message.includes('`lorahub/colors` has no such version'));
});

test('a model is created', async () => {
  const created = await replicate.models.create('me', 'npm-model', {
    visibility: 'public', hardware: 'cpu', description: 'Says it in French.', paper_url: 'https://arxiv.org/abs/2307.13269',
  });

  assert.equal(created.latest_version, null);
  assert.equal(created.description, 'Says it in French.');
  assert.deepEqual(await replicate.models.get('me', 'npm-model'), created);
  assert.deepEqual((await replicate.models.versions.list('me', 'npm-model')).results, []);
  await assert.rejects(
    replicate.models.create('me', 'npm-model', { visibility: 'public', hardware: 'cpu' }),
    (error) => error.response.status === 409);
});
