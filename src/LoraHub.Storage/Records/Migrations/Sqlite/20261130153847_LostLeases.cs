using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace LoraHub.Storage.Records.Migrations.Sqlite
{
    /// <inheritdoc />
    public partial class LostLeases : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<int>(
                name: "lost",
                table: "predictions",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "lost",
                table: "predictions");
        }
    }
}
