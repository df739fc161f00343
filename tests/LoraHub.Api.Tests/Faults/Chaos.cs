namespace LoraHub.Api.Tests.Faults;

/// <summary>Kills and restarts victims one at a time, in an order and at times that the seed determines.</summary>
sealed class Chaos(IReadOnlyList<Victim> victims, History history)
{
    int _kills;

    /// <summary>The number of kills so far.</summary>
    public int Kills => Volatile.Read(ref _kills);

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
            Interlocked.Increment(ref _kills);
            await Task.Delay(dead, CancellationToken.None);
            await victim.StartAsync();
            history.Add($"{victim.Name} is back");
        }
    }
}
