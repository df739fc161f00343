using System.Reflection;

using LoraHub.Bench;

var root = Assembly.GetExecutingAssembly().GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "RepositoryRoot").Value!;

switch (args)
{
    case ["bundle"]:
        BundleTable.Print(root);
        return 0;
    default:
        Console.Error.WriteLine("usage: dotnet run -c Release --project bench/LoraHub.Bench -- bundle");
        return 2;
}
