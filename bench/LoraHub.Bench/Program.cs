using System.Reflection;

using LoraHub.Bench;
using LoraHub.Bench.Queue;
using LoraHub.Bench.Wire;

var root = Assembly.GetExecutingAssembly().GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "RepositoryRoot").Value!;

switch (args)
{
    case ["bundle"]:
        BundleTable.Print(root);
        return 0;
    case ["default"]:
        DefaultRequest.Print(root);
        return 0;
    case ["wire"]:
        await WireLoad.PrintAsync(TimeSpan.FromMinutes(1));
        return 0;
    case ["queue"]:
        await QueueLoad.PrintAsync();
        return 0;
    default:
        Console.Error.WriteLine("usage: dotnet run -c Release --project bench/LoraHub.Bench -- bundle|default|wire|queue");
        return 2;
}
