namespace LoraHub.Modules.Folders;

public enum Placement
{
    /// <summary>The first version of a module.</summary>
    New,

    /// <summary>A new version of an existing module.</summary>
    NewVersion,

    /// <summary>The module already had a version with these bytes.</summary>
    Known,
}
