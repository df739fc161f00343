namespace LoraHub.Api.Tests.Faults;

/// <summary>Kills and starts again, one after the other, in an order and at times that follow from the seed.</summary>
sealed class Chaos(IReadOnlyList<Victim> victims, History history)
{
    public async Task RunAsync(int seed, CancellationToken stopping)
    {
        var random = new Random(seed);
        while (true)
        {
            var (victim, quiet, dead) = (victims[random.Next(victims.Count)], random.Next(300, 2500), random.Next(0, 1500));
            await Task.Delay(quiet, stopping).ContinueWith(_ => { }, TaskScheduler.Default);
            if (stopping.IsCancellationRequested)
            {
                return;
            }

            history.Add($"kill {victim.Name}");
            await victim.KillAsync();
            await Task.Delay(dead, CancellationToken.None);
            await victim.StartAsync();
            history.Add($"{victim.Name} is back");
        }
    }
}
